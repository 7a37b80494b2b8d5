/** Liars who are asked: they claim a head that would win, and answer the questions that follow with lies. */
import { toHex } from '../../../src/base/index.ts';
import { type Block, encodeSealedHeader, sealBlock } from '../../../src/ledger/index.ts';
import { decodeWanted, encodeBlocks, encodeHeaders, encodeIds, encodeTransactions } from '../../../src/network/wire.ts';
import { nodeKeysFrom } from '../../support/ledger.ts';
import { until } from '../../support/waiting.ts';
import type { Arena, Behaviour } from '../behaviour.ts';
import type { Foe, FoeAnswer } from '../foe.ts';
import { forge } from './blocks.ts';
import { bentSignature, fresh, valid } from './transactions.ts';

const protocols = { headers: 'headers/1', blocks: 'blocks/1', pending: 'transactions/1' } as const;
const muchWork = 2 ** 52;

/** Claims a head, waits until it is asked, and answers as told. */
async function claim(
  foe: Foe,
  tip: { hash: string; height: number; work: number },
  answers: Partial<Record<keyof typeof protocols, (request: Uint8Array) => FoeAnswer>>,
): Promise<void> {
  for (const [name, protocol] of Object.entries(protocols)) {
    const make = answers[name as keyof typeof protocols];
    await foe.answer(foe.prefix + protocol, make ?? (() => (name === 'pending' ? encodeIds([]) : null)));
  }
  foe.claim = { ...foe.claim, tip };
  // Its head is told in a status; the rest follows from that. A foe that is cut while it asks has been found out.
  await foe.ask('/carechain/status/1', foe.status()).catch(() => undefined);
}

function lie(name: string, codes: string, does: string, go: Behaviour['go']): Behaviour {
  return { name, does, crime: true, codes: codes.split(' '), go };
}

/** A block on the honest tip, and the claim of it. */
async function minedBy(arena: Arena): Promise<{ block: Block; tip: { hash: string; height: number; work: number } }> {
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
      await claim(foe, tip, { headers: () => headersOf(block), [name]: garbage });
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
      await claim(foe, tip, { headers: () => headersOf(block), [name]: () => ({ raw: new Uint8Array(64).fill(255) }) });
    },
  );
}

export const syncLies: readonly Behaviour[] = [
  lie('liar-tip', 'empty-claim', 'claims more work than the world has, and has no headers', (foe) =>
    claim(foe, unproven(9_999), { headers: () => encodeHeaders([]) }),
  ),
  lie('fake-work', 'not-enough-work', 'answers with headers that were not mined', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ header: { nonce: '00'.repeat(8) } }));
    await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
  }),
  lie(
    'headers-of-low-difficulty',
    'wrong-difficulty',
    'answers with headers that cost next to nothing',
    async (foe, arena) => {
      const { block } = await forge(arena, () => ({ header: { difficulty: 1 } }));
      await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
    },
  ),
  lie('headers-of-another-network', 'bad-answer', 'answers with headers of another network', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ header: { network: 'ab'.repeat(32) } }));
    await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
  }),
  lie('unlinked-headers', 'bad-answer', 'answers with headers that follow nothing', async (foe, arena) => {
    const { block } = await forge(arena, () => ({ header: { parent: 'cd'.repeat(32) } }));
    await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
  }),
  lie(
    'bent-header-signature',
    'bad-miner-signature',
    'answers with headers whose signatures are bent',
    async (foe, arena) => {
      const { block } = await forge(arena, () => ({ signedBy: nodeKeysFrom('nobody') }));
      await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
    },
  ),
  lie(
    'more-work-than-shown',
    'claims-more-than-it-has',
    'shows one true header and claims a thousand',
    async (foe, arena) => {
      const { block } = await minedBy(arena);
      await claim(foe, unproven(block.header.height), { headers: () => headersOf(block) });
    },
  ),
  lie(
    'bent-body-under-an-honest-hash',
    'wrong-transactions-root',
    'serves another body under an honest header',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const other = sealBlock(block.header, [valid(arena)], nodeKeysFrom('foe').secretKey);
      await claim(foe, tip, { headers: () => headersOf(block), blocks: () => encodeBlocks([other.bytes]) });
    },
  ),
  lie(
    'bent-signature-under-an-honest-hash',
    'bad-miner-signature bad-answer',
    'serves a block with another signature',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const bent = sealBlock(block.header, block.transactions, nodeKeysFrom('nobody').secretKey);
      await claim(foe, tip, { headers: () => headersOf(block), blocks: () => encodeBlocks([bent.bytes]) });
    },
  ),
  lie(
    'blocks-that-nobody-asked-for',
    'bad-answer',
    'serves another block than it was asked for',
    async (foe, arena) => {
      const { block, tip } = await minedBy(arena);
      const { block: other } = await forge(arena, () => ({}));
      await claim(foe, tip, { headers: () => headersOf(block), blocks: () => encodeBlocks([other.bytes]) });
    },
  ),
  lie(
    'invalid-body-after-true-headers',
    'wrong-state-digest',
    'serves a mined block that claims another state',
    async (foe, arena) => {
      const { block, chain } = await forge(arena, () => ({ header: { stateDigest: 'ab'.repeat(32) } }));
      const { height, difficulty } = block.header;
      const tip = { hash: block.hash, height, work: chain.tip.work + difficulty };
      await claim(foe, tip, { headers: () => headersOf(block), blocks: () => encodeBlocks([block.bytes]) });
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
  lie('malformed-answer-to-status', 'bad-answer', 'answers status/1 with random bytes', async (foe, { chance }) => {
    await foe.answer('/carechain/status/1', () => chance.bytes(90));
    await asksAgain(foe);
  }),
  ...(['headers', 'blocks', 'pending'] as const).flatMap((name) => [malformedAnswer(name), endlessAnswer(name)]),
];

/** Names one pending transaction, and answers with other bytes. */
async function servePending(foe: Foe, id: string, bytes: Uint8Array): Promise<void> {
  const pending = (request: Uint8Array) =>
    Array.isArray(decodeWanted(request)) ? encodeTransactions([bytes]) : encodeIds([id]);
  await claim(foe, foe.claim.tip, { pending });
}

/** An unknown parent makes the victim ask for the status at once. */
async function asksAgain(foe: Foe): Promise<void> {
  await until(() => !foe.isLinked, 'the next status', 10_000);
}

/** Serves headers that are fine and never the bodies. */
export const syncOddities: readonly Behaviour[] = [
  {
    name: 'peer-that-never-answers',
    does: 'claims the best head and never answers a question',
    crime: false,
    takesLong: true,
    async go(foe, arena) {
      const { tip } = await minedBy(arena);
      await claim(foe, tip, { headers: () => null, blocks: () => null, pending: () => null });
      await arena.network.agree();
    },
  },
  {
    name: 'peer-with-headers-only',
    does: 'shows true headers and refuses their bodies',
    crime: false,
    takesLong: true,
    async go(foe, arena) {
      const { block, tip } = await minedBy(arena);
      await claim(foe, tip, { headers: () => headersOf(block), blocks: () => ({ raw: new Uint8Array() }) });
      await arena.network.agree();
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
      await claim(foe, tip, {
        headers: () => headersOf(...branch),
        blocks: (request) => encodeBlocks(branch.filter(({ hash }) => asks(request, hash)).map(({ bytes }) => bytes)),
      });
      const arrived = async () => (await arena.network.victim.call('view')).height >= tip.height;
      await until(arrived, 'the longer branch', 20_000);
    },
  },
];

function asks(request: Uint8Array, hash: string): boolean {
  return toHex(request).includes(hash);
}
