/** The settings of gossipsub that keep it from being turned against the node, each with what goes wrong without it. */
import { StrictNoSign } from '@libp2p/gossipsub';
import { expect, test } from 'vitest';
import { gossipOptions } from '../../src/network/gossip-options.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { wireBytes } from '../../src/network/wire.ts';

const topics = ['/carechain/aa/transactions/1', '/carechain/aa/blocks/1'];
const options = gossipOptions(topics);
const idOf = (topic: string, data: Uint8Array) =>
  Buffer.from(options.msgIdFn!({ type: 'unsigned', topic, data }) as Uint8Array).toString('hex');

test('a message is named by its topic and its content, whoever sends it and how often', () => {
  const data = new Uint8Array([1, 2, 3]);
  expect(idOf(topics[0]!, data)).toBe(idOf(topics[0]!, new Uint8Array(data)));
  expect(idOf(topics[0]!, data)).not.toBe(idOf(topics[1]!, data));
  expect(idOf(topics[0]!, data)).toHaveLength(40);
});

test('nothing is signed twice, passed on unjudged, spoken in floodsub, or lost while nobody listens yet', () => {
  expect(options).toMatchObject({
    globalSignaturePolicy: StrictNoSign,
    asyncValidation: true,
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    doPX: false,
    allowedTopics: topics,
  });
});

test('every list and every buffer has an end', () => {
  const bounds = [
    ...Object.values(options.decodeRpcLimits!),
    ...[options.maxInboundDataLength, options.maxOutboundBufferSize, options.maxTopicBytesPerPeer],
  ];
  expect(bounds.length).toBe(10);
  expect(bounds.every((bound) => Number.isSafeInteger(bound))).toBe(true);
});

test('a whole block fits into a frame, and what may be sent fits into what is read', () => {
  expect(networkLimits.gossipBytes).toBeGreaterThanOrEqual(Math.max(wireBytes.block, wireBytes.batch));
  expect(options.maxInboundDataLength).toBeGreaterThan(networkLimits.gossipBytes);
  expect(networkLimits.frameBytes).toBeGreaterThan(networkLimits.streamWindowBytes);
});

test('no score is kept: what lies is shunned, and whoever shares an address with a liar is not', () => {
  expect(options.scoreParams).toMatchObject({ IPColocationFactorWeight: 0, behaviourPenaltyWeight: 0 });
});
