/** The process of one node. */
import '../src/base/node-20-shim.ts';
import { answerAsRemote } from '../test/support/remote.ts';
import { type HostEvent, type HostSettings, NodeHost } from './node-host.ts';

answerAsRemote<HostSettings, HostEvent>((settings, tell) => new NodeHost(settings, tell));
