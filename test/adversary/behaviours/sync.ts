/** Liars who are asked: they claim a head that would win, and answer the questions that follow with lies. */
import { toHex } from '../../../src/base/index.ts';
import { type Block, encodeSealedHeader, sealBlock } from '../../../src/ledger/index.ts';
import { decodeWanted, encodeBlocks, encodeHeaders, encodeIds, encodeTransactions } from '../../../src/network/wire.ts';
import { nodeKeysFrom, withWork } from '../../support/ledger.ts';
import { until } from '../../support/waiting.ts';
import type { Arena, Behaviour } from '../behaviour.ts';
import type { Foe, FoeAnswer } from '../foe.ts';
import { forge, orphans } from './blocks.ts';
import { bentSignature, fresh, valid } from './transactions.ts';

const protocols = { headers: 'headers/1', blocks: 'blocks/1', pending: 'transactions/1' } as const;
const muchWork = 2 ** 52;

type Answers = Partial<Record<keyof typeof protocols, (request: Uint8Array) => FoeAnswer>>;

/** Claims a head, and answers what it is asked then: truly as in `honest`, and each answer of `bent` is an offence. */
async function claim(
  foe: Foe,
  tip: { hash: string; height: number; work: number },
  { bent = {}, honest = {} }: { bent?: Answers; honest?: Answers },
): Promise<void> {
  for (const name of Object.keys(protocols) as (keyof typeof protocols)[]) {
    const protocol = foe.prefix + protocols[name];
    const lies = bent[name];
    if (lies !== undefined) await foe.lie(protocol, lies);
    else await foe.answer(protocol, honest[name] ?? (() => (name === 'pending' ? encodeIds([]) : null)));
  }
  foe.claim = { ...foe.claim, tip };
  // Its head is told in a status; the rest follows from that. A foe that is cut while it asks has been found out.
  await foe.tell().catch(() => undefined);
}

function lie(name: string, codes: string, does: string, go: Behaviour['go']): Behaviour {
  return { name, does, crime: true, codes: codes.split(' '), go };
}

interface Mined {
  readonly block: Block;
  readonly tip: { readonly hash: string; readonly height: number; readonly work: number };
}

/** A block on the honest tip, and the claim of it. */
async function minedBy(arena: Arena): Promise<Mined> {
  const { block, chain } = await forge(arena, () => ({}));
  const { height, difficulty } = block.header;
  return { block, tip: { hash: block.hash, height, work: chain.tip.work + difficulty } };
}

const unproven = (height: number) => ({ hash: 'ff'.repeat(32), height, work: muchWork });
const headersOf = (...blocks: readonly Block[]) => encodeHeaders(blocks.map(encodeSealedHeader));

/** A question that comes in is answered with bytes that are no answer. */
function malformedAnswer(name: keyof typeof protocols): Behaviour {
  return lie(
    `malformed-answer-to-${protocols[name].replace('/1', '')}`,
    'bad-answer',
    `answers ${protocols[name]} with random bytes`,
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const garbage = () => arena.chance.bytes(200);
      await claim(foe, tip, { honest: { headers: () => headersOf(block) }, bent: { [name]: garbage } });
    },
  );
}

/** A frame that announces more than the protocol allows. */
function endlessAnswer(name: keyof typeof protocols): Behaviour {
  return lie(
    `endless-answer-to-${protocols[name].replace('/1', '')}`,
    'frame-too-long',
    `answers ${protocols[name]} with a frame of 4 GiB`,
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const endless = () => ({ raw: new Uint8Array(64).fill(255) });
      await claim(foe, tip, { honest: { headers: () => headersOf(block) }, bent: { [name]: endless } });
    },
  );
}

export const syncLies: readonly Behaviour[] = [
  lie('liar-tip', 'empty-claim', 'claims more work than the world has, and has no headers', (foe) =>
    claim(foe, unproven(9_999), { bent: { headers: () => encodeHeaders([]) } }),
  ),
  lie('fake-work', 'not-enough-work', 'answers with headers that were not mined', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ isMined: false }));
    await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
  }),
  lie(
    'headers-of-low-difficulty',
    'wrong-difficulty',
    'answers with headers that cost next to nothing',
    async (foe, arena) => {
      const { block } = await forge(arena, () => ({ header: { difficulty: 1 } }));
      await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
    },
  ),
  lie('headers-of-another-network', 'bad-answer', 'answers with headers of another network', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ header: { network: 'ab'.repeat(32) } }));
    await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
  }),
  lie('unlinked-headers', 'bad-answer', 'answers with headers that follow nothing', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ header: { parent: 'cd'.repeat(32) } }));
    await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
  }),
  lie(
    'bent-header-signature',
    'bad-miner-signature',
    'answers with headers whose signatures are bent',
    async (foe, arena) => {
      const { block } = await forge(arena, () => ({ signedBy: nodeKeysFrom('nobody') }));
      await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
    },
  ),
  lie(
    'more-work-than-shown',
    'claims-more-than-it-has',
    'shows one true header and claims a thousand',
    async (foe, arena) => {
      const { block } = await minedBy(arena);
      await claim(foe, unproven(block.header.height), { bent: { headers: () => headersOf(block) } });
    },
  ),
  lie(
    'bent-body-under-an-honest-hash',
    'wrong-transactions-root',
    'serves another body under an honest header',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const other = sealBlock(block.header, [valid(arena)], nodeKeysFrom('foe').secretKey);
      foe.offered.push(block.hash);
      await claim(foe, tip, {
        honest: { headers: () => headersOf(block) },
        bent: { blocks: () => encodeBlocks([other.bytes]) },
      });
    },
  ),
  lie(
    'bent-signature-under-an-honest-hash',
    'bad-miner-signature bad-answer',
    'serves a block with another signature',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const bent = sealBlock(block.header, block.transactions, nodeKeysFrom('nobody').secretKey);
      foe.offered.push(block.hash);
      await claim(foe, tip, {
        honest: { headers: () => headersOf(block) },
        bent: { blocks: () => encodeBlocks([bent.bytes]) },
      });
    },
  ),
  lie(
    'blocks-that-nobody-asked-for',
    'bad-answer',
    'serves another block than it was asked for',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const { block: other } = await forge(arena, () => ({}));
      await claim(foe, tip, {
        honest: { headers: () => headersOf(block) },
        bent: { blocks: () => encodeBlocks([other.bytes]) },
      });
    },
  ),
  lie(
    'invalid-body-after-true-headers',
    'wrong-state-digest',
    'serves a mined block that claims another state',
    async (foe, arena) => {
      const { block, chain } = await forge(arena, () => ({ header: { stateDigest: 'ab'.repeat(32) } }));
      foe.offered.push(block.hash);
      const { height, difficulty } = block.header;
      const tip = { hash: block.hash, height, work: chain.tip.work + difficulty };
      await claim(foe, tip, {
        honest: { headers: () => headersOf(block) },
        bent: { blocks: () => encodeBlocks([block.bytes]) },
      });
    },
  ),
  lie(
    'pending-that-nobody-asked-for',
    'bad-answer',
    'serves other transactions than it was asked for',
    async (foe, arena) => {
      const [named, other] = [valid(arena), valid(arena)];
      await servePending(foe, named.id, other.bytes);
    },
  ),
  lie(
    'bent-pending-transaction',
    'bad-signature',
    'serves pending transactions with bent signatures',
    async (foe, arena) => {
      const bent = bentSignature(fresh(arena), arena);
      await servePending(foe, bent.id, bent.bytes);
    },
  ),
  lie('malformed-answer-to-status', 'bad-answer', 'answers status/1 with random bytes', async (foe, arena) => {
    await foe.lie('/carechain/status/1', () => arena.chance.bytes(90));
    await asksAgain(foe, arena);
  }),
  lie('endless-answer-to-status', 'frame-too-long', 'answers status/1 with a frame of 4 GiB', async (foe, arena) => {
    await foe.lie('/carechain/status/1', () => ({ raw: new Uint8Array(64).fill(255) }));
    await asksAgain(foe, arena);
  }),
  ...(['headers', 'blocks', 'pending'] as const).flatMap((name) => [malformedAnswer(name), endlessAnswer(name)]),
];

/** Names one pending transaction, and answers with other bytes. */
async function servePending(foe: Foe, id: string, bytes: Uint8Array): Promise<void> {
  const pending = (request: Uint8Array) => {
    if (!Array.isArray(decodeWanted(request))) return encodeIds([id]);
    foe.strike();
    return encodeTransactions([bytes]);
  };
  await claim(foe, foe.claim.tip, { honest: { pending } });
}

/** A block whose parent is unknown makes the victim ask for the status at once. */
async function asksAgain(foe: Foe, arena: Arena): Promise<void> {
  const orphan = await orphans(arena);
  await foe.hint({ publish: [{ topic: `${foe.prefix}blocks/1`, data: orphan(withWork) }] });
  await until(() => !foe.isLinked, 'the next status', 10_000);
}

/** Long enough for a question that is never answered to be given up, and for the next peer to be asked. */
const elsewhereMs = 40_000;

/**
 * The victim asks the foe, gets nothing of it, and then gets the block from an honest peer that claims less or as much.
 * Where the honest miners are faster, the block is of no use any more, and the peer offers another on top of theirs.
 */
async function servedElsewhere(foe: Foe, arena: Arena, first: Mined, hasAsked: () => boolean): Promise<void> {
  const { victim } = arena.network;
  await until(hasAsked, 'the foe to be asked', elsewhereMs);
  const helper = await arena.foe();
  await helper.link(victim);
  let mined = first;
  const isServed = async () => {
    if ((await victim.call('placeOf', mined.block.hash)) !== null) return true;
    const { hash } = await victim.call('view');
    if (hash !== mined.block.header.parent) {
      mined = await minedBy(arena);
      await serve(helper, mined.tip, [mined.block]);
    }
    return false;
  };
  await serve(helper, mined.tip, [mined.block]);
  await until(isServed, 'the blocks to be fetched from another peer', elsewhereMs);
  if (!foe.isLinked) throw new Error('who does not answer is no liar');
}

/** Claims a branch that it really has, and gives all that it is asked for. */
function serve(peer: Foe, tip: Mined['tip'], branch: readonly Block[]): Promise<void> {
  return claim(peer, tip, {
    honest: {
      headers: () => headersOf(...branch),
      blocks: (request) => encodeBlocks(branch.filter(({ hash }) => asks(request, hash)).map(({ bytes }) => bytes)),
    },
  });
}

export const syncOddities: readonly Behaviour[] = [
  {
    name: 'peer-that-never-answers',
    does: 'claims the best head and never answers a question: the next peer is asked',
    crime: false,
    takesLong: true,
    async go(foe, arena) {
      let asked = 0;
      const silence = () => {
        asked += 1;
        return null;
      };
      const mined = await minedBy(arena);
      await claim(foe, unproven(mined.tip.height), { honest: { headers: silence, blocks: silence } });
      await servedElsewhere(foe, arena, mined, () => asked > 0);
    },
  },
  {
    name: 'peer-with-headers-only',
    does: 'shows true headers and refuses their bodies: they are fetched from the next peer',
    crime: false,
    takesLong: true,
    async go(foe, arena) {
      let asked = 0;
      let mined = await minedBy(arena);
      const offer = async () => {
        const { block, tip } = mined;
        const blocks = () => {
          asked += 1;
          return { raw: new Uint8Array() };
        };
        await claim(foe, tip, { honest: { headers: () => headersOf(block), blocks } });
      };
      await offer();
      const isAsked = async () => {
        if (asked > 0) return true;
        // Whoever has a head as good as this one asks nobody for it.
        if ((await arena.network.victim.call('view')).hash !== mined.block.header.parent) {
          mined = await minedBy(arena);
          await offer();
        }
        return false;
      };
      await until(isAsked, 'the bodies to be asked for', elsewhereMs);
      await servedElsewhere(foe, arena, mined, () => asked > 0);
    },
  },
  {
    name: 'honest-relay-of-a-side-branch',
    does: 'is an honest peer on a branch of three blocks that wins',
    crime: false,
    isHonest: true,
    async go(foe, arena) {
      const chain = await arena.network.mirror();
      const branch: Block[] = [];
      let on = chain.tip.hash;
      for (let count = 0; count < 3; count += 1) {
        on = chain.mineOn(on, valid(arena)).hash;
        branch.push(chain.link(on).block!);
      }
      const tip = { hash: on, height: chain.link(on).header.height, work: chain.link(on).work };
      await serve(foe, tip, branch);
      const arrived = async () => (await arena.network.victim.call('view')).height >= tip.height;
      await until(arrived, 'the longer branch', 20_000);
    },
  },
];

function asks(request: Uint8Array, hash: string): boolean {
  return toHex(request).includes(hash);
}
