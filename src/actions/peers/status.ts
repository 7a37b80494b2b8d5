import { z } from 'zod';
import { defineAction, done } from '../action.ts';

export const status = defineAction({
  name: 'status',
  summary: 'where this node stands',
  usage: 'status',
  example: 'status',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain, session }) {
    const { node, role } = carechain;
    const { hash, height, work } = node.head();
    return done({
      network: node.genesis.hash,
      networkName: node.genesis.name,
      rules: node.genesis.rules,
      nodeId: node.nodeId,
      nodeRole: role,
      nodeKey: node.nodeKey,
      peerId: node.network.peerId,
      addresses: node.network.addresses(),
      offline: node.isOffline(),
      height,
      tipHash: hash,
      work,
      peers: node.peers().length,
      pending: node.pending().length,
      user: session.user?.member.username ?? null,
      activePatient: session.activePatient,
    });
  },
});
