import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { isoTime } from '../entries.ts';

/** What a peer says of itself is a claim. */
export const peers = defineAction({
  name: 'peers',
  summary: 'linked peers, and those that this node was given',
  usage: 'peers',
  example: 'peers',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const { node } = carechain;
    return done({
      peers: node.peers().map(({ peerId, address, status, clockOffsetMs }) => ({
        peerId,
        address,
        nodeId: status?.nodeId ?? null,
        height: status?.tip.height ?? null,
        clockOffsetMs,
      })),
      configured: node.configuredPeers().map(({ address, state, lastSeen }) => ({
        address,
        state,
        lastSeen: lastSeen === null ? null : isoTime(lastSeen),
      })),
      offline: node.isOffline(),
    });
  },
});
