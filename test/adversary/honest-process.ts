/** The process of one honest node. */
import '../../src/base/node-20-shim.ts';
import { answerAsRemote } from '../support/remote.ts';
import { HonestHost, type HostEvent, type HostSettings } from './honest-host.ts';

answerAsRemote<HostSettings, HostEvent>((settings, tell) => new HonestHost(settings, tell));
