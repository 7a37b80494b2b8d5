/**
 * Every rejection code has its rows. What is wrong with a transaction is tried twice: by the check that the mempool makes,
 * and inside a block that is right in everything else, alone and after an honest transaction.
 */
import { describe, expect, test } from 'vitest';
import { decode, type Encodable, encode, limits, toHex } from '../../src/base/index.ts';
import {
  type Block,
  natureOf,
  payableRewards,
  type RejectionCode,
  rejections,
  systemAccount,
  type Transaction,
} from '../../src/ledger/index.ts';
import {
  bytesFrom,
  Chain,
  type GenesisOptions,
  genesisTime,
  hashFrom,
  nodeKeysFrom,
  people,
  testGenesis,
  type World,
  withSignature,
} from '../support/ledger.ts';

/** A chain on which something of everything has happened; Alice has 500, and a reward of 700 is due. */
function scene(options?: GenesisOptions) {
  const world = testGenesis(options);
  const chain = new Chain(world);
  const registration = world.register('alice', 'zoe');
  const talk = world.consult('alice', 'zoe');
  const order = world.order('alice', 'zoe');
  const answeredOrder = world.order('alice', 'zoe');
  const open = world.prescribe('alice', 'zoe');
  const filled = world.prescribe('alice', 'zoe');
  const cancelled = world.prescribe('alice', 'zoe');
  chain.mine(registration, talk, order, answeredOrder, open, filled, cancelled);
  chain.mine(world.answer('bob', answeredOrder));
  chain.mine(world.fill('charlie', filled), world.cancel('alice', cancelled));
  return { world, chain, registration, talk, order, answeredOrder, open, filled, cancelled };
}
type Scene = ReturnType<typeof scene>;

/** The transaction with other bytes: what its maker could have sent instead. */
function rebuilt({ bytes, ...rest }: Transaction, change: (wire: [Record<string, Encodable>, Uint8Array]) => unknown) {
  return { ...rest, bytes: encode(change(decode(bytes) as [Record<string, Encodable>, Uint8Array]) as Encodable) };
}

function bitFlipped(transaction: Transaction, bit: number): Transaction {
  const signature = transaction.signature.slice();
  signature[bit >> 3]! ^= 1 << (bit & 7);
  return withSignature(transaction, signature);
}

const manyDoctors = Object.fromEntries(
  Array.from({ length: 20 }, (_, index) => [`doctor_${index}`, 'doctor' as const]),
);

function consultationFor(world: World, readers: readonly string[]): Transaction {
  const patient = (world.register('alice', 'zoe').body as { patient: string }).patient;
  const records = { notes: world.sealedFor('alice', ...readers), order: world.sealedFor('alice', ...readers) };
  return world.sign('alice', { kind: 'DOCTOR_CONSULTATION', patient, records });
}

function paymentWithReaders({ world }: Scene, readers: readonly string[]): Transaction {
  const records = { note: { commitment: hashFrom('note'), readers } };
  const to = world.id('bob');
  return world.sign('alice', { kind: 'TRANSFER_ECASH', to, amount: 1, reason: 'other', records } as never);
}

type TransactionRow = [RejectionCode, string, (scene: Scene) => Transaction, GenesisOptions?];

const transactionRows: TransactionRow[] = [
  [
    'malformed-transaction',
    'has a field that nobody knows',
    ({ world }) => rebuilt(world.pay('alice', 'bob', 1), ([body, signature]) => [{ ...body, memo: 'hi' }, signature]),
  ],
  [
    'malformed-transaction',
    'is not the canonical encoding',
    ({ world }) => {
      const transaction = world.pay('alice', 'bob', 1);
      return { ...transaction, bytes: new Uint8Array([...transaction.bytes, 0]) };
    },
  ],
  [
    'transaction-too-large',
    'weighs more than this network allows',
    ({ world }) => consultationFor(world, Object.keys(manyDoctors)),
    { members: { ...people, ...manyDoctors }, limits: { transactionBytes: 1_000 } },
  ],
  [
    'transaction-too-large',
    'weighs more than any network allows',
    ({ world }) =>
      rebuilt(world.pay('alice', 'bob', 1), ([body, signature]) => [
        { ...body, padding: new Uint8Array(limits.transactionBytes) },
        signature,
      ]),
  ],
  ['wrong-network', 'was made for another network', () => testGenesis({ name: 'elsewhere' }).pay('alice', 'bob', 1)],
  [
    'forged-system-transfer',
    'claims to come from SYSTEM_BANK_001',
    ({ world }) => world.pay('alice', 'bob', 500, { author: systemAccount }),
  ],
  [
    'unknown-author',
    'is by a key that the genesis does not list',
    ({ world }) => world.pay('alice', 'bob', 1, { author: hashFrom('mallory'), secretKey: bytesFrom('mallory') }),
  ],
  ['bad-signature', 'is not signed', ({ world }) => withSignature(world.pay('alice', 'bob', 1), new Uint8Array(64))],
  [
    'bad-signature',
    'is signed by another member',
    ({ world }) => world.pay('alice', 'bob', 1, { secretKey: world.keys.bob!.signing.secretKey }),
  ],
  ['bad-signature', 'has one bit of R bent', ({ world }) => bitFlipped(world.pay('alice', 'bob', 1), 3)],
  ['bad-signature', 'has one bit of S bent', ({ world }) => bitFlipped(world.pay('alice', 'bob', 1), 257)],
  [
    'bad-signature',
    'was edited after it was signed',
    ({ world }) => {
      const edited = world.pay('alice', 'bob', 500, { nonce: '11'.repeat(16), time: genesisTime });
      return withSignature(
        edited,
        world.pay('alice', 'bob', 5, { nonce: '11'.repeat(16), time: genesisTime }).signature,
      );
    },
  ],
  ['wrong-role', 'is a registration by a laboratory', ({ world }) => world.register('bob', 'yuri')],
  ['wrong-role', 'is a result by the doctor who ordered it', ({ world, order }) => world.answer('alice', order)],
  ['wrong-role', 'is a fill by the prescriber', ({ world, open }) => world.fill('alice', open)],
  ['already-in-chain', 'is confirmed already', ({ registration }) => registration],
  [
    'bad-readers',
    'names its readers out of order',
    (scene) => paymentWithReaders(scene, scene.world.sealedFor('alice', 'bob').readers.toReversed()),
  ],
  [
    'bad-readers',
    'names a reader twice',
    (scene) => paymentWithReaders(scene, [scene.world.id('alice'), scene.world.id('alice')]),
  ],
  ['bad-readers', 'does not let its author read', (scene) => paymentWithReaders(scene, [scene.world.id('bob')])],
  [
    'bad-readers',
    'names a reader who is no member',
    (scene) => paymentWithReaders(scene, [scene.world.id('alice'), hashFrom('mallory')].sort()),
  ],
  [
    'bad-readers',
    'is wrong in its second record only',
    ({ world, registration }) => {
      const { patient } = registration.body as { patient: string };
      const records = { notes: world.sealedFor('alice'), order: world.sealedFor('bob') };
      return world.sign('alice', { kind: 'DOCTOR_CONSULTATION', patient, records });
    },
  ],
  ['patient-already-registered', 'registers a patient again', ({ world }) => world.register('alice', 'zoe')],
  [
    'patient-already-registered',
    'registers the patient of another doctor',
    ({ world }) => world.register('adam', 'zoe'),
  ],
  ['unknown-patient', 'is a consultation of nobody', ({ world }) => world.consult('alice', 'nobody')],
  ['unknown-patient', 'is a prescription for nobody', ({ world }) => world.prescribe('alice', 'nobody')],
  ['unknown-order', 'answers what nobody ordered', ({ world }) => world.answer('bob', hashFrom('no order'))],
  ['unknown-order', 'answers a consultation without an order', ({ world, talk }) => world.answer('bob', talk)],
  ['unknown-order', 'answers a prescription', ({ world, open }) => world.answer('bob', open)],
  ['order-already-answered', 'is a second answer', ({ world, answeredOrder }) => world.answer('bob', answeredOrder)],
  [
    'order-already-answered',
    'is a second answer, by another laboratory',
    ({ world, answeredOrder }) => world.answer('beth', answeredOrder),
  ],
  ['unknown-prescription', 'fills what nobody prescribed', ({ world }) => world.fill('charlie', hashFrom('nothing'))],
  ['unknown-prescription', 'withdraws what nobody prescribed', ({ world }) => world.cancel('alice', hashFrom('no'))],
  ['unknown-prescription', 'fills an order', ({ world, order }) => world.fill('charlie', order)],
  ['prescription-already-filled', 'is a second fill', ({ world, filled }) => world.fill('charlie', filled)],
  [
    'prescription-already-filled',
    'is a second fill, by another pharmacy',
    ({ world, filled }) => world.fill('carol', filled),
  ],
  ['prescription-already-filled', 'withdraws what was filled', ({ world, filled }) => world.cancel('alice', filled)],
  ['prescription-cancelled', 'fills what was withdrawn', ({ world, cancelled }) => world.fill('charlie', cancelled)],
  ['prescription-cancelled', 'withdraws a second time', ({ world, cancelled }) => world.cancel('alice', cancelled)],
  ['not-the-prescriber', 'is a withdrawal by another doctor', ({ world, open }) => world.cancel('adam', open)],
  ['not-the-prescriber', 'is that after the fill', ({ world, filled }) => world.cancel('adam', filled)],
  [
    'spends-more-than-balance',
    'spends one more than there is, or is due',
    ({ world }) => world.pay('alice', 'bob', 1_201),
  ],
  ['spends-more-than-balance', 'spends from an empty account', ({ world }) => world.pay('bob', 'alice', 1)],
  [
    'spends-more-than-balance',
    'spends the largest number there is',
    ({ world }) => world.pay('alice', 'bob', Number.MAX_SAFE_INTEGER),
  ],
  ['transfer-to-self', 'pays its author', ({ world }) => world.pay('alice', 'alice', 1)],
  [
    'unknown-recipient',
    'pays somebody who is no member',
    ({ world }) => {
      const records = { note: null };
      const to = hashFrom('mallory');
      return world.sign('alice', { kind: 'TRANSFER_ECASH', to, amount: 1, reason: 'other', records });
    },
  ],
];

describe('a transaction is refused that', () => {
  test.each(transactionRows)('%s: %s', (code, _, make, options) => {
    const here = scene(options);
    const { chain, world } = here;
    const bad = make(here);
    const before = chain.tip.hash;
    expect(chain.try(bad)).toBe(code);
    expect(chain.offer(chain.forge({ transactions: [bad] }))).toBe(code);
    expect(chain.facts).toMatchObject({ position: 0 });
    expect(chain.offer(chain.forge({ transactions: [world.consult('alice', 'zoe'), bad] }))).toBe(code);
    expect(chain.facts).toMatchObject({ position: 1 });
    expect(chain.tip.hash).toBe(before);
  });

  test('the transactions that they bend are themselves good', () => {
    const { world, chain, order, open } = scene();
    expect(chain.try(world.pay('alice', 'bob', 500))).toBe('OK');
    expect(chain.try(world.pay('alice', 'SYSTEM', 500))).toBe('OK');
    expect(chain.try(world.register('adam', 'yuri'))).toBe('OK');
    expect(chain.try(world.consult('adam', 'zoe'))).toBe('OK');
    expect(chain.try(world.answer('beth', order))).toBe('OK');
    expect(chain.try(world.fill('carol', open))).toBe('OK');
    expect(chain.try(world.cancel('alice', open))).toBe('OK');
    expect(chain.try(consultationFor(world, ['bob', 'beth']))).toBe('OK');
  });
});

type BlockRow = [RejectionCode, string, (scene: Scene) => 'OK' | RejectionCode, GenesisOptions?];

/** A block after the tip with one thing bent, offered. */
const offered =
  (bend: (scene: Scene) => Parameters<Chain['forge']>[0]) =>
  (here: Scene): 'OK' | RejectionCode =>
    here.chain.offer(here.chain.forge(bend(here)));
const withHeader = (header: (scene: Scene) => NonNullable<Parameters<Chain['forge']>[0]>['header']) =>
  offered((here) => ({ transactions: [here.world.consult('alice', 'zoe')], header: header(here) ?? {} }));
const rewire = (block: Block, change: (wire: Record<string, Encodable>) => Encodable): Uint8Array =>
  encode(change(decode(block.bytes) as Record<string, Encodable>));

const blockRows: BlockRow[] = [
  ['malformed-block', 'is no CBOR', ({ chain }) => chain.offer(new Uint8Array([0xff]))],
  ['malformed-block', 'is empty bytes', ({ chain }) => chain.offer(new Uint8Array())],
  [
    'malformed-block',
    'has a field that nobody knows',
    ({ chain }) => chain.offer(rewire(chain.forge(), (wire) => ({ ...wire, memo: 1 }))),
  ],
  [
    'malformed-block',
    'has a header without a nonce',
    ({ chain }) =>
      chain.offer(
        rewire(chain.forge(), (wire) => {
          const { nonce: _, ...header } = wire.header as Record<string, Encodable>;
          return { ...wire, header };
        }),
      ),
  ],
  [
    'malformed-block',
    'has a miner signature of 63 bytes',
    ({ chain }) => chain.offer(rewire(chain.forge(), (wire) => ({ ...wire, signature: new Uint8Array(63) }))),
  ],
  [
    'malformed-block',
    'holds a transaction that is no byte string',
    ({ chain }) => chain.offer(rewire(chain.forge(), (wire) => ({ ...wire, transactions: ['text'] }))),
  ],
  [
    'malformed-transaction',
    'holds bytes that are no transaction',
    ({ chain }) =>
      chain.offer(rewire(chain.forge(), (wire) => ({ ...wire, transactions: [Uint8Array.of(0x82, 0xa0, 0x40)] }))),
  ],
  [
    'block-too-large',
    'weighs more than this network allows',
    offered(({ world }) => ({
      transactions: Array.from({ length: 100 }, (_, index) => world.register('alice', `patient ${index}`)),
    })),
    { limits: { blockBytes: 20_000 } },
  ],
  [
    'block-too-large',
    'weighs more than any network allows',
    ({ chain }) => chain.offer(new Uint8Array(limits.blockBytes + limits.blockFramingBytes + 1)),
  ],
  ['unknown-rules', 'follows later rules', withHeader(() => ({ rules: 2 }))],
  ['wrong-network', 'was mined for another network', withHeader(() => ({ network: hashFrom('elsewhere') }))],
  ['unknown-parent', 'follows one that is not here', withHeader(() => ({ parent: hashFrom('nowhere') }))],
  [
    'wrong-parent',
    'follows the parent of the tip where the next was asked for',
    ({ chain, world }) => {
      const on = chain.tip.header.parent;
      return chain.offerAfterTip(chain.forge({ on, transactions: [world.consult('alice', 'zoe')] }));
    },
  ],
  ['wrong-parent', 'follows itself', ({ chain }) => chain.offerAfterTip(chain.link(chain.tip.hash).block!)],
  ['wrong-height', 'leaves a height out', withHeader(({ chain }) => ({ height: chain.tip.header.height + 2 }))],
  ['wrong-height', 'repeats a height', withHeader(({ chain }) => ({ height: chain.tip.header.height }))],
  ['wrong-difficulty', 'claims to be easier', withHeader(() => ({ difficulty: 4 })), { difficulty: 8 }],
  ['wrong-difficulty', 'claims to be harder', withHeader(() => ({ difficulty: 16 })), { difficulty: 8 }],
  ['not-enough-work', 'was not mined', ({ chain }) => chain.offer(chain.forge({ isMined: false })), { difficulty: 8 }],
  [
    'miner-not-allowed',
    'was mined by a node that the genesis does not list',
    offered(() => ({ miner: nodeKeysFrom('mallory') })),
    { miners: [toHex(nodeKeysFrom('one').publicKey)] },
  ],
  [
    'miner-not-allowed',
    'was mined by a member, with no node key',
    offered(({ world }) => ({ miner: world.keys.alice!.signing })),
    { miners: [toHex(nodeKeysFrom('one').publicKey)] },
  ],
  ['bad-miner-signature', 'is signed by another node', offered(() => ({ signedBy: nodeKeysFrom('mallory') }))],
  [
    'bad-miner-signature',
    'is not signed',
    ({ chain }) => chain.offer(rewire(chain.forge(), (wire) => ({ ...wire, signature: new Uint8Array(64) }))),
  ],
  [
    'bad-miner-signature',
    'has one bit of its signature bent',
    ({ chain }) => {
      const block = chain.forge();
      const signature = block.signature.slice();
      signature[40]! ^= 1;
      return chain.offer(rewire(block, (wire) => ({ ...wire, signature })));
    },
  ],
  ['bad-miner-signature', 'was mined by nobody', withHeader(() => ({ miner: '00'.repeat(32) }))],
  [
    'time-not-after-median',
    'has the time of the median',
    withHeader(({ chain }) => ({ time: [...chain.context().medianTimes].sort((a, b) => a - b)[2]! })),
  ],
  ['time-not-after-median', 'has the time zero', withHeader(() => ({ time: 0 }))],
  [
    'block-from-the-future',
    'is a millisecond too far ahead',
    withHeader(({ chain }) => ({ time: chain.now + limits.futureBlockMs + 1 })),
  ],
  ['empty-block', 'holds nothing and pays nothing', offered(({ chain }) => ({ on: chain.mine().hash }))],
  [
    'wrong-transactions-root',
    'claims the root of another list',
    withHeader(() => ({ transactionsRoot: hashFrom('other') })),
  ],
  [
    'wrong-transactions-root',
    'had a transaction taken out on the way',
    ({ chain, world }) => {
      const block = chain.forge({ transactions: [world.consult('alice', 'zoe'), world.consult('adam', 'zoe')] });
      return chain.offer(rewire(block, (wire) => ({ ...wire, transactions: [block.transactions[0]!.bytes] })));
    },
  ],
  [
    'wrong-transactions-root',
    'had its last transaction doubled on the way (CVE-2012-2459)',
    ({ chain, world }) => {
      const three = ['alice', 'adam', 'alice'].map((doctor) => world.consult(doctor, 'zoe'));
      const block = chain.forge({ transactions: three, rewards: [] });
      const bytes = [...three, three[2]!].map((transaction) => transaction.bytes);
      return chain.offer(rewire(block, (wire) => ({ ...wire, transactions: bytes })));
    },
  ],
  [
    'wrong-transactions-root',
    'had its transactions put in another order',
    ({ chain, world }) => {
      const two = [world.consult('alice', 'zoe'), world.consult('adam', 'zoe')];
      const bytes = two.toReversed().map((transaction) => transaction.bytes);
      return chain.offer(rewire(chain.forge({ transactions: two }), (wire) => ({ ...wire, transactions: bytes })));
    },
  ],
  [
    'wrong-transactions-root',
    'had a signature bent on the way, which no id covers',
    ({ chain, world }) => {
      const transaction = world.consult('alice', 'zoe');
      const bent = bitFlipped(transaction, 300).bytes;
      const block = chain.forge({ transactions: [transaction] });
      return chain.offer(rewire(block, (wire) => ({ ...wire, transactions: [bent] })));
    },
  ],
  [
    'wrong-transactions-root',
    'leaves out a reward that is due',
    offered(({ world }) => ({ transactions: [world.consult('alice', 'zoe')], rewards: [] })),
  ],
  [
    'wrong-transactions-root',
    'pays a reward twice',
    offered(({ chain, world }) => {
      const rewards = payableRewards(chain.state, world.genesis);
      return { rewards: [...rewards, ...rewards] };
    }),
  ],
  [
    'wrong-transactions-root',
    'pays a reward that it made up',
    offered(({ chain, world }) => {
      const [reward] = payableRewards(chain.state, world.genesis);
      return { rewards: [{ ...reward!, to: world.id('bob') }] };
    }),
  ],
  ['wrong-state-digest', 'claims another state', withHeader(() => ({ stateDigest: hashFrom('other') }))],
  [
    'wrong-state-digest',
    'claims that nothing changed',
    withHeader(({ chain }) => ({ stateDigest: chain.tip.header.stateDigest })),
  ],
];

describe('a block is refused that', () => {
  test.each(blockRows)('%s: %s', (code, _, offer, options) => {
    const here = scene(options);
    const before = here.chain.balances();
    expect(offer(here)).toBe(code);
    if (code !== 'empty-block') expect(here.chain.balances()).toEqual(before);
  });

  test('the block that they bend is itself good', () => {
    const { chain, world } = scene({ difficulty: 8, miners: [toHex(nodeKeysFrom('one').publicKey)] });
    expect(chain.offer(chain.forge({ transactions: [world.consult('alice', 'zoe')] }))).toBe('OK');
    const time = chain.now + limits.futureBlockMs;
    expect(chain.offer(chain.forge({ transactions: [world.consult('alice', 'zoe')], header: { time } }))).toBe('OK');
  });
});

test('every rejection code has a row', () => {
  const tried = new Set([...transactionRows, ...blockRows].map(([code]) => code));
  expect([...tried].sort()).toEqual(Object.keys(rejections).sort());
});

test('every rejection says what happened and what the reader can do, in sentences', () => {
  for (const [code, { sentence, nextStep }] of Object.entries(rejections)) {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/);
    for (const text of [sentence, nextStep]) expect(text).toMatch(/^[A-Z].*\.$/);
    expect(['invalid', 'never', 'not-yet', 'known']).toContain(natureOf(code as RejectionCode));
  }
});

test('what is only due cannot be spent, until the block that pays it', () => {
  const { chain, world } = scene();
  const payment = world.pay('alice', 'bob', 501);
  expect(chain.try(payment)).toBe('spends-more-than-balance');
  expect(chain.facts).toEqual({ balance: 500, amount: 501 });
  chain.mine(payment);
  expect([chain.balance('alice'), chain.balance('bob')]).toEqual([699, 501]);
});

describe('a transaction enters a chain once', () => {
  test('twice in one block', () => {
    const { chain, world } = scene();
    const payment = world.pay('alice', 'bob', 1);
    expect(chain.offer(chain.forge({ transactions: [payment, payment] }))).toBe('already-in-chain');
    expect(chain.facts).toMatchObject({ position: 1 });
  });

  test('in a later block, a thousand times', () => {
    const { chain, world } = scene();
    const payment = world.pay('alice', 'bob', 1);
    chain.mine(payment);
    for (let round = 0; round < 1_000; round++) expect(chain.try(payment)).toBe('already-in-chain');
    chain.mine(world.consult('alice', 'zoe'));
    expect(chain.offer(chain.forge({ transactions: [payment] }))).toBe('already-in-chain');
    expect(chain.balance('bob')).toBe(1);
  });

  test('after a reorg: again where it was undone, not where both branches have it', () => {
    const { chain, world } = scene();
    const fork = chain.tip.hash;
    const [both, left] = [world.pay('alice', 'bob', 10), world.pay('alice', 'bob', 1)];
    chain.mine(both, left);
    const one = chain.mineOn(fork, both);
    chain.mineOn(one.hash, world.consult('alice', 'zoe'));
    expect(chain.tip.header.parent).toBe(one.hash);
    expect(chain.balance('bob')).toBe(10);
    expect(chain.offer(chain.forge({ transactions: [both] }))).toBe('already-in-chain');
    expect(chain.try(both)).toBe('already-in-chain');
    expect(chain.try(left)).toBe('OK');
    chain.mine(left);
    expect(chain.balance('bob')).toBe(11);
  });
});
