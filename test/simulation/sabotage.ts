/** Ways to break a village on purpose: what its disks write, what its wires carry, what its nodes answer. */
import { decode, encode } from '../../src/base/index.ts';
import { stateKeys } from '../../src/ledger/index.ts';
import type { EntryState, LedgerNode } from '../../src/node/index.ts';
import { seal, unseal } from '../../src/storage/envelope.ts';
import { storeKeys, type Write } from '../../src/storage/index.ts';
import type { Machine } from './machine.ts';
import type { Village } from './village.ts';

/** What a mistake in a program comes to. */
export function makeMistake(): never {
  throw new TypeError('a mistake');
}

export async function rejectWithMistake(): Promise<never> {
  return makeMistake();
}

export function isOf(family: string): (write: Write) => boolean {
  return ({ key }) => key.startsWith(family);
}

/** The write with another value under the same key; its envelope is sound where the change is to what is in it. */
export function rewritten(write: Write, key: string, change: (value: Uint8Array) => Uint8Array): Write {
  return write.type === 'put' && write.key === key ? { ...write, value: change(write.value) } : write;
}

/** What a program would write that is wrong about some balances, by so much each. */
export function withBalances(writes: readonly Write[], wrongBy: Readonly<Record<string, number>>): Write[] {
  return writes.map((write) =>
    Object.entries(wrongBy).reduce((changed, [account, amount]) => {
      const key = storeKeys.state(stateKeys.balance(account));
      return rewritten(changed, key, (value) => seal(key, encode((decode(unseal(key, value)) as number) + amount)));
    }, write),
  );
}

/** A node that starts from now on has one answer for every signature. */
export function answerEachSignature(machine: Machine, verdict: boolean): void {
  machine.bend = (given) => ({
    ...given,
    workers: { ...given.workers, verify: async (checks) => checks.map(() => verdict) },
  });
}

/** A node whose answers about where a transaction stands are wrong. */
export function showElsewhere(node: LedgerNode, wrong: (where: EntryState) => EntryState): void {
  const find = node.find.bind(node);
  node.find = (id) => {
    const found = find(id);
    return found && { ...found, where: wrong(found.where) };
  };
}

/** What is left of the writes on a disk that forgets what users wrote, and has the blocks. */
export function withoutOutbox(writes: readonly Write[]): readonly Write[] {
  return writes.some(isOf('undo/'))
    ? writes
    : writes.filter((write) => !isOf('outbox/')(write) && !isOf('own/')(write));
}

/** The last bit of what a node says about a topic is wrong. */
export function bendBroadcasts(machine: Machine, topicEnd: string): void {
  machine.bend = (given) => ({
    ...given,
    transport: {
      ...given.transport,
      broadcast: (topic, bytes) =>
        given.transport.broadcast(topic, topic.endsWith(topicEnd) ? withLastBitBent(bytes) : bytes),
    },
  });
}

function withLastBitBent(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[copy.length - 1]! ^= 1;
  return copy;
}

/** Nothing passes between the two any more, in either direction. */
export function cutAt({ timeline, wires }: Village, atMs: number): void {
  timeline.after(atMs, 'a path is cut', () => {
    wires.block('doctor', 'lab');
    wires.block('lab', 'doctor');
  });
}
