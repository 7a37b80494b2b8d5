/** A node that does nothing but what a test tells it: the edge is tested for what it reads and prints. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { type ActionContext, type Carechain, newSession } from '../../src/actions/index.ts';
import { silentLogger, systemClock, systemRandom } from '../../src/base/index.ts';
import { demoGenesis } from '../../src/ledger/index.ts';

export interface Stub {
  readonly context: ActionContext;
  readonly emitter: EventEmitter;
}

/** `node` says what of the ledger node there is. */
export function stub(node: Record<string, unknown> = {}): Stub {
  const emitter = new EventEmitter();
  const on = (name: string, listener: (...facts: unknown[]) => void) => {
    emitter.on(name, listener);
    return () => emitter.off(name, listener);
  };
  const carechain = {
    role: 'doctor',
    node: {
      genesis: demoGenesis,
      nodeId: 'DoctorNode-5001',
      block: () => undefined,
      rewardsOf: () => [],
      head: () => ({ height: 3 }),
      on,
      ...node,
    },
    vault: { on },
    keyFiles: new Map([['dr_alice', {}]]),
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
  } as unknown as Carechain;
  return { context: { carechain, session: newSession() }, emitter };
}

export interface Typed extends PassThrough {
  isTTY: boolean;
  columns: number;
}

/** A stream that says it is a terminal; like standard output, it is not ended by whoever pipes into it. */
export function terminalStream(): Typed {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  stream.end = () => stream;
  return stream as Typed;
}

/** All that a stream was given so far. */
export function recorded(stream: PassThrough): () => string {
  let text = '';
  stream.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  return () => text;
}
