/** The protocol of gossipsub itself turned against a node: bytes that are no message, floods of control. */
import { pause, until } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import type { Foe } from '../foe.ts';
import { encodeRpc, type GossipRpc, join, prefixed, varint } from '../gossip-rpc.ts';
import { comesBack } from './connections.ts';
import { batch, heardOut, neverTaken, valid } from './transactions.ts';

const topicsOf = (foe: Foe) => ['transactions/1', 'blocks/1'].map((name) => foe.prefix + name);
const ids = (count: number, { chance }: Arena) => Array.from({ length: count }, () => chance.bytes(20));

function flood(name: string, does: string, make: (foe: Foe, arena: Arena) => GossipRpc): Behaviour {
  return {
    name,
    does,
    crime: false,
    async go(foe, arena) {
      // Encoded once: to encode it must not hold up the honest people, who share this process.
      const message = prefixed(encodeRpc(make(foe, arena)));
      for (let count = 0; count < counted(500, arena) && foe.isLinked; count += 1) {
        await foe.gossip(message);
        if (count % 5 === 4) await pause(0);
      }
      await heardOut(foe, arena);
      if (!foe.isLinked) throw new Error('control messages are within the protocol');
    },
  };
}

export const gossipLies: readonly Behaviour[] = [
  {
    name: 'malformed-gossip-frame',
    does: 'sends bytes that are no message of gossipsub',
    crime: true,
    codes: ['malformed-gossip'],
    // Field 1 of the outermost message, with a length that leads beyond its end.
    go: (foe) => foe.gossip(prefixed(Uint8Array.of(0x0a, 0x7f, 0x00))),
  },
  {
    name: 'endless-length-of-gossip',
    does: 'sends a length that does not end',
    crime: true,
    codes: ['malformed-gossip'],
    go: (foe) => foe.gossip(new Uint8Array(64).fill(255)),
  },
  {
    name: 'oversize-gossip-message',
    does: 'gossips two mebibytes where one is the most',
    crime: true,
    codes: ['malformed-message', 'message-too-long'],
    // Whoever has seen a message does not read it again: each is another.
    go: (foe, { chance }) => foe.publish('transactions/1', join(chance.bytes(32), new Uint8Array(2 ** 21))),
  },
];

export const gossipOddities: readonly Behaviour[] = [
  {
    name: 'oversize-gossip-frame',
    does: 'announces a gossip frame of 16 MiB: it is not read, and the link is cut',
    crime: false,
    async go(foe) {
      await foe.gossip(Uint8Array.of(...varint(2 ** 24), 0));
      await until(() => !foe.isLinked, 'the link to be cut', 5_000);
    },
  },
  {
    name: 'too-many-control-messages',
    does: 'sends more control messages in a frame than are decoded: all of the frame is dropped, and the link stays',
    crime: false,
    async go(foe, arena) {
      const inside = valid(arena);
      await foe.gossip({
        graft: Array.from({ length: 5_000 }, () => foe.prefix),
        publish: [{ topic: `${foe.prefix}transactions/1`, data: batch(inside) }],
      });
      await heardOut(foe, arena);
      await neverTaken(arena, inside);
    },
  },
  flood('flood-of-ihave', 'announces messages that do not exist', (foe, arena) => ({
    ihave: topicsOf(foe).map((topic) => ({ topic, ids: ids(2_000, arena) })),
  })),
  flood('flood-of-iwant', 'asks for messages that do not exist', (_foe, arena) => ({ iwant: [ids(4_000, arena)] })),
  flood('flood-of-idontwant', 'declines messages that do not exist', (_foe, arena) => ({
    idontwant: [ids(500, arena)],
  })),
  flood('flood-of-graft-and-prune', 'joins and leaves the mesh without a pause', (foe) => ({
    graft: topicsOf(foe),
    prune: topicsOf(foe).map((topic) => ({ topic, backoffSeconds: 1 })),
  })),
  flood('flood-of-subscriptions', 'subscribes to topics that do not exist', (foe, { chance }) => ({
    subscriptions: Array.from({ length: 60 }, () => ({ topic: foe.prefix + chance.fraction(), subscribe: true })),
  })),
  {
    name: 'signed-gossip',
    does: 'gossips with a signature and a sequence number, which this network does not use',
    crime: false,
    async go(foe, arena) {
      const { chance } = arena;
      const inside = valid(arena);
      const topic = `${foe.prefix}transactions/1`;
      const signature = chance.bytes(64);
      await foe.gossip({
        publish: [
          { topic, data: batch(inside), signature, sequence: chance.bytes(8) },
          { topic, data: batch(inside, inside), signature },
          // Nobody who read these could let it be.
          ...topicsOf(foe).map((each) => ({ topic: each, data: chance.bytes(50), signature })),
        ],
      });
      await heardOut(foe, arena);
      await neverTaken(arena, inside);
    },
  },
  {
    name: 'gossip-under-other-topics',
    does: 'gossips on topics that nobody has subscribed to',
    crime: false,
    async go(foe, arena) {
      const inside = valid(arena);
      for (let count = 0; count < counted(500, arena); count += 1) {
        const topic = `${foe.prefix}${arena.chance.fraction()}`;
        const data = count === 0 ? batch(inside) : new Uint8Array(1_000);
        await foe.gossip({ publish: [{ topic, data }] });
      }
      await heardOut(foe, arena);
      await neverTaken(arena, inside);
    },
  },
  {
    name: 'peer-that-listens-to-nothing',
    does: 'is linked and never subscribes: it is hung up, and may come back',
    crime: false,
    takesLong: true,
    comesUnlinked: true,
    async go(foe, { network }) {
      await foe.dial(network.victim);
      await foe.ask('/carechain/status/1', foe.status());
      await until(() => !foe.isLinked, 'the deaf peer to be hung up', 25_000);
      await comesBack(foe, network);
    },
  },
];
