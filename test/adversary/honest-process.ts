/** The process of one honest node: carries questions and answers between the program and {@link HonestHost}. */
import '../../src/base/node-20-shim.ts';
import { failureOf, HonestHost, type HostMethod, type HostSettings } from './honest-host.ts';

export interface Question {
  readonly number: number;
  readonly method: HostMethod;
  readonly args: readonly unknown[];
}

const settings = JSON.parse(process.argv[2]!) as HostSettings;
const send = (message: object) => process.send?.(message);
const host = new HonestHost(settings, (event) => send({ event }));

process.on('message', ({ number, method, args }: Question) => {
  const call = host[method].bind(host) as (...args: readonly unknown[]) => Promise<unknown>;
  call(...args).then(
    (answer) => send({ number, answer }),
    (error: unknown) => send({ number, failure: failureOf(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
send({ isReady: true });
