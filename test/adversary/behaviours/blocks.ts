/** Lies about blocks. Each has its proof of work, so that nothing but the lie is wrong with it. */
import { limits, toHex } from '../../../src/base/index.ts';
import { type Block, type Header, type Reward, sealBlock, systemAccount } from '../../../src/ledger/index.ts';
import { type Chain, type Forgery, nodeKeysFrom, withoutWork, withWork } from '../../support/ledger.ts';
import { pause, until } from '../../support/waiting.ts';
import { type Arena, type Behaviour, counted } from '../behaviour.ts';
import type { Foe } from '../foe.ts';
import { bentSignature, fresh, valid } from './transactions.ts';

/** How long the victim may take to judge a block. */
const judgedMs = 20_000;

/** A block on the tip of the honest chain, bent as told. */
export async function forge(arena: Arena, bend: (chain: Chain) => Forgery): Promise<{ block: Block; chain: Chain }> {
  const chain = await arena.network.mirror();
  const forgery: Forgery = { transactions: [valid(arena)], miner: nodeKeysFrom('foe'), ...bend(chain) };
  return { block: chain.forge(forgery), chain };
}

function lie(name: string, codes: string, does: string, bend: (chain: Chain, arena: Arena) => Forgery): Behaviour {
  return {
    name,
    does,
    crime: true,
    codes: codes.split(' '),
    async go(foe, arena) {
      const { block } = await forge(arena, (chain) => bend(chain, arena));
      foe.offered.push(block.hash);
      await foe.publish('blocks/1', block.bytes);
    },
  };
}

const bent = (header: Partial<Header>) => (): Forgery => ({ header });

function madeUpReward(network: string): Reward {
  return {
    ...{ network, kind: 'TRANSFER_ECASH', rule: 'order-reward', cause: 'aa'.repeat(32), from: systemAccount },
    ...{ to: 'bb'.repeat(32), amount: 500 },
  } as unknown as Reward;
}

export const blockLies: readonly Behaviour[] = [
  lie(
    'wrong-state-digest',
    'wrong-state-digest',
    'mines a block that claims another state',
    bent({ stateDigest: 'ab'.repeat(32) }),
  ),
  lie('forged-reward-in-block', 'wrong-transactions-root', 'pays a reward that nobody has earned', ({ world }) => ({
    rewards: [madeUpReward(world.genesis.hash)],
  })),
  lie(
    'wrong-transactions-root',
    'wrong-transactions-root',
    'mines a block whose body is not what its root says',
    bent({ transactionsRoot: 'cd'.repeat(32) }),
  ),
  lie(
    'block-of-another-network',
    'wrong-network',
    'mines a block for another network',
    bent({ network: 'ef'.repeat(32) }),
  ),
  lie(
    'block-of-other-rules',
    'unknown-rules malformed-block',
    'mines a block under rules that do not exist',
    bent({ rules: 2 as 1 }),
  ),
  lie('wrong-height', 'wrong-height', 'skips a height', (chain) => ({
    header: { height: chain.tip.header.height + 2 },
  })),
  lie('low-difficulty', 'wrong-difficulty', 'mines at a difficulty of one', bent({ difficulty: 1 })),
  lie('block-without-work', 'not-enough-work', 'gossips a block that was not mined', () => ({ isMined: false })),
  lie(
    'bent-miner-signature',
    'bad-miner-signature',
    'gossips a block under another signature than its miner’s',
    () => ({
      signedBy: nodeKeysFrom('nobody'),
    }),
  ),
  lie('time-at-the-median', 'time-not-after-median', 'stamps a block with a time that is over', (chain) => ({
    header: { time: medianOf(chain) },
  })),
  lie('empty-block', 'empty-block wrong-transactions-root', 'mines a block with nothing in it', () => ({
    transactions: [],
  })),
  lie('twice-in-a-block', 'already-in-chain', 'puts one transaction into a block twice', (_chain, arena) => {
    const one = valid(arena);
    return { transactions: [one, one] };
  }),
  lie(
    'twice-in-the-chain',
    'already-in-chain',
    'puts a transaction of an earlier block into the next',
    (chain, arena) => ({
      transactions: [chain.tip.block?.transactions[0] ?? valid(arena), valid(arena)],
    }),
  ),
  lie('system-transfer-in-block', 'forged-system-transfer', 'mines a payment of SYSTEM_BANK_001', ({ world }) => ({
    transactions: [world.pay('SYSTEM', 'alice', 500)],
  })),
  lie('bent-signature-in-block', 'bad-signature', 'mines a transaction whose signature is bent', (_chain, arena) => ({
    transactions: [bentSignature(fresh(arena), arena)],
  })),
  lie(
    'overspent-in-block',
    'spends-more-than-balance',
    'mines a payment of money that is not there',
    (_chain, arena) => ({
      transactions: [fresh(arena)],
    }),
  ),
  {
    name: 'malformed-block',
    does: 'gossips random bytes as a block',
    crime: true,
    codes: ['malformed-block'],
    go: (foe, { chance }) => foe.publish('blocks/1', chance.bytes(500)),
  },
  {
    name: 'non-canonical-block',
    does: 'appends a byte to an honest block',
    crime: true,
    codes: ['malformed-block'],
    async go(foe, arena) {
      const { block } = await forge(arena, () => ({}));
      await foe.publish('blocks/1', Uint8Array.of(...block.bytes, 0));
    },
  },
  {
    name: 'orphans-without-work',
    does: 'gossips ten thousand blocks whose parents nobody knows, and that were not mined',
    crime: true,
    codes: ['not-enough-work', 'wrong-difficulty', 'bad-miner-signature'],
    async go(foe, arena) {
      const orphan = await orphans(arena);
      for (let count = 0; count < counted(10_000, arena); count += 1) {
        if (!foe.isLinked) return;
        await foe.publish('blocks/1', orphan(withoutWork));
        if (count % 50 === 49) await pause(0);
      }
    },
  },
];

export const blockOddities: readonly Behaviour[] = [
  {
    name: 'endless-orphans',
    does: 'gossips blocks with work whose parents nobody knows',
    crime: false,
    async go(foe, arena) {
      const orphan = await orphans(arena);
      for (let count = 0; count < counted(1_000, arena); count += 1) {
        if (!foe.isLinked) throw new Error('an unknown parent is no crime');
        await foe.publish('blocks/1', orphan(withWork));
        // Mining holds up the honest people, who share this process.
        await pause(0);
      }
      await lastBlockArrives(foe, arena);
      if (!foe.isLinked) throw new Error('an unknown parent is no crime');
    },
  },
  {
    name: 'equivocation',
    does: 'mines two blocks at one height: both are kept as evidence',
    crime: false,
    async go(foe, arena) {
      const { network, chance } = arena;
      const chain = await network.mirror();
      // A record is kept of each miner and height, once.
      const miner = nodeKeysFrom(`twice ${toHex(chance.bytes(8))}`);
      const twins = [0, 1].map(() => chain.forge({ transactions: [valid(arena)], miner }));
      await foe.publish('blocks/1', ...twins.map(({ bytes }) => bytes));
      const isRecorded = async () => {
        const records = await network.victim.call('equivocations');
        const hashes = records.find((each) => each.miner === toHex(miner.publicKey))?.hashes;
        return hashes !== undefined && twins.every(({ hash }) => hashes.includes(hash));
      };
      await until(isRecorded, 'the two blocks to be recorded', judgedMs);
    },
  },
  {
    name: 'block-from-the-future',
    does: 'mines blocks that are an hour, twenty seconds and ten seconds ahead: the last is within what clocks may differ by',
    crime: false,
    async go(foe, arena) {
      const { network } = arena;
      const chain = await network.mirror();
      const [hour, twenty, ten] = [3_600_000, 20_000, 10_000].map((ahead) =>
        chain.forge({
          ...{ transactions: [valid(arena)], miner: nodeKeysFrom('foe') },
          header: { time: chain.now + ahead },
        }),
      ) as [Block, Block, Block];
      await foe.publish('blocks/1', hour.bytes, twenty.bytes, ten.bytes);
      // Ten seconds are within what clocks may differ by. It came last: the other two have been judged when it is here.
      await until(
        async () => (await network.victim.call('placeOf', ten.hash)) !== null,
        'the block that is ten seconds ahead',
        judgedMs,
      );
      await foe.ask('/carechain/status/1', foe.status());
      for (const { hash, header } of [hour, twenty]) {
        const place = await network.victim.call('placeOf', hash);
        // On a slow machine its time may have come meanwhile.
        if (place !== null && header.time > network.now() + limits.futureBlockMs)
          throw new Error('a block from the future was taken in');
      }
      if (!foe.isLinked) throw new Error('a wrong clock is no crime');
    },
  },
  {
    name: 'late-block',
    does: 'is an honest miner whose block comes when the chain is two blocks further',
    crime: false,
    isHonest: true,
    async go(foe, arena) {
      const chain = await arena.network.mirror();
      const { parent } = chain.tip;
      const on = (parent?.parent ?? parent ?? chain.tip).hash;
      const late = chain.forge({ on, transactions: [valid(arena)], miner: rivalOf(arena) });
      await foe.publish('blocks/1', late.bytes);
      await keptAside(arena, late);
    },
  },
  {
    name: 'lost-race',
    does: 'is an honest peer that passes on the block that lost the race for the height of the head',
    crime: false,
    isHonest: true,
    async go(foe, arena) {
      const chain = await arena.network.mirror();
      const on = (chain.tip.parent ?? chain.tip).hash;
      const sibling = () => chain.forge({ on, transactions: [valid(arena)], miner: rivalOf(arena) });
      let lost = sibling();
      // Of two with the same work the lower hash wins.
      while (lost.hash < chain.tip.hash) lost = sibling();
      await foe.publish('blocks/1', lost.bytes);
      await keptAside(arena, lost);
    },
  },
];

/** Another miner each time, so that its blocks are no equivocation. */
const rivalOf = ({ chance }: Arena) => nodeKeysFrom(`rival ${toHex(chance.bytes(8))}`);

/** How long a block may take before another is sent: what is beyond the foe's budget is dropped, and no crime. */
const sendAgainMs = 1_000;

/** Blocks of one peer are judged one after the other: where the victim has one that was sent last, it has read those before. */
async function lastBlockArrives(foe: Foe, arena: Arena): Promise<void> {
  const sent: string[] = [];
  let sentAt = Number.NEGATIVE_INFINITY;
  const isHere = async () => {
    if (performance.now() - sentAt > sendAgainMs) {
      const { block } = await forge(arena, () => ({ miner: rivalOf(arena) }));
      sent.push(block.hash);
      sentAt = performance.now();
      await foe.publish('blocks/1', block.bytes);
    }
    const places = await Promise.all(sent.map((hash) => arena.network.victim.call('placeOf', hash)));
    return places.some((place) => place !== null);
  };
  await until(isHere, 'the victim to read the blocks', judgedMs);
}

/** The victim has read the block, and does not follow it. */
async function keptAside({ network }: Arena, { hash }: Block): Promise<void> {
  await until(
    async () => (await network.victim.call('placeOf', hash)) === 'aside',
    'the block that lost to be kept aside',
    judgedMs,
  );
}

/** Makes blocks on parents that do not exist; `nonced` chooses their nonce: {@link withWork} or {@link withoutWork}. */
export async function orphans(arena: Arena): Promise<(nonced: (header: Header) => Header) => Uint8Array> {
  const { block, chain } = await forge(arena, () => ({}));
  const { secretKey } = nodeKeysFrom('foe');
  return (nonced) => {
    const parent = toHex(arena.chance.bytes(32));
    const header = { ...block.header, height: chain.tip.header.height + 50, parent };
    return sealBlock(nonced(header), block.transactions, secretKey).bytes;
  };
}

function medianOf(chain: Chain): number {
  const times = chain.context().medianTimes.toSorted((left, right) => left - right);
  return times[Math.floor(times.length / 2)]!;
}
