import { type GossipSub, gossipsub } from '@libp2p/gossipsub';
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
  handlePrune(peerId: string, prune: readonly { topicID: string; backoff?: number }[]): Promise<void>;
}

test.each([
  ['for ever', Number.MAX_SAFE_INTEGER],
  ['for a day', 86_400],
  ['for as long as is usual', undefined],
])('a peer that asks to be left alone %s is remembered for a bounded time', async (_howLong, backoff) => {
  const topic = '/carechain/aa/blocks/1';
  const silent = Object.assign(() => undefined, { error() {}, trace() {}, enabled: false });
  const components = { logger: { forComponent: () => silent } };
  const pubsub = gossipsub(gossipOptions([topic]))(components as never) as GossipSub;
  watchGossipFrames(pubsub, { onViolation() {}, onDeaf() {} });
  const inside = pubsub as unknown as Inside;
  inside.mesh.set(topic, new Set(['foe']));
  await inside.handlePrune('foe', [{ topicID: topic, ...(backoff !== undefined && { backoff }) }]);
  const until = inside.backoff.get(topic)!.get('foe')!;
  expect(until).toBeGreaterThan(systemClock.now());
  expect(until).toBeLessThanOrEqual(systemClock.now() + networkLimits.gossipBackoffMs);
});
