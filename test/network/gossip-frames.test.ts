import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
import { RPC } from '@libp2p/gossipsub/message';
import { expect, test } from 'vitest';
import { systemClock } from '../../src/base/index.ts';
import { watchGossipFrames } from '../../src/network/gossip-frames.ts';
import { gossipOptions } from '../../src/network/gossip-options.ts';
import { networkLimits } from '../../src/network/network-limits.ts';

/** What gossipsub has and its published type does not say. */
interface Inside {
  readonly mesh: Map<string, Set<string>>;
  /** Topic -> peer -> until when it is left alone, in milliseconds since 1970 UTC. */
  readonly backoff: Map<string, Map<string, number>>;
  handleReceivedRpc(peerId: { toString(): string }, rpc: RPC): Promise<void>;
  pipePeerReadStream(peerId: { toString(): string }, frames: AsyncIterable<Uint8Array>): Promise<void>;
  handlePrune(peerId: string, prune: readonly { topicID: string; backoff?: number }[]): Promise<void>;
}

const topic = '/carechain/aa/blocks/1';

function watched(): { inside: Inside; told: string[] } {
  const silent = Object.assign(() => undefined, { error() {}, trace() {}, enabled: false });
  const components = { logger: { forComponent: () => silent } };
  const pubsub = gossipsub(gossipOptions([topic]))(components as never) as GossipSub;
  const told: string[] = [];
  watchGossipFrames(pubsub, { onViolation: () => told.push('violation'), onDeaf: () => told.push('deaf') });
  return { inside: pubsub as unknown as Inside, told };
}

test.each([
  ['for ever', Number.MAX_SAFE_INTEGER],
  ['for a day', 86_400],
  ['for as long as is usual', undefined],
])('a peer that asks to be left alone %s is remembered for a bounded time', async (_howLong, backoff) => {
  const { inside } = watched();
  inside.mesh.set(topic, new Set(['foe']));
  await inside.handlePrune('foe', [{ topicID: topic, ...(backoff !== undefined && { backoff }) }]);
  const until = inside.backoff.get(topic)!.get('foe')!;
  expect(until).toBeGreaterThan(systemClock.now());
  expect(until).toBeLessThanOrEqual(systemClock.now() + networkLimits.gossipBackoffMs);
});

async function* framesOf(...frames: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* frames;
}

test('a frame of ten thousands of fields that mean nothing is not read, and the next one is', async () => {
  const { inside, told } = watched();
  const empty = Uint8Array.from({ length: 2 * networkLimits.gossipFrameFields + 2 }, (_, at) =>
    at % 2 === 0 ? 0x70 : 0,
  );
  const usual = RPC.encode({ subscriptions: [{ subscribe: true, topic }], messages: [] });
  const taken: number[] = [];
  inside.handleReceivedRpc = async (_peerId, { subscriptions }) => void taken.push(subscriptions.length);
  await inside.pipePeerReadStream({ toString: () => 'foe' }, framesOf(empty, usual, empty.subarray(2)));
  expect([taken, told]).toEqual([[1, 0], []]);
});
