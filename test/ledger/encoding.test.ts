/** One value, one encoding, one id: what is not the canonical encoding of exactly the known fields is refused. */
import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concatBytes,
  decode,
  type Encodable,
  encode,
  equalBytes,
  NotCanonical,
  toHex,
  tryDecode,
  utf8ToBytes,
} from '../../src/base/index.ts';
import { sha256 } from '../../src/crypto/index.ts';
import {
  decodeBlock,
  decodeSealedHeader,
  decodeTransaction,
  encodeSealedHeader,
  hashedBytes,
  kindNames,
  nonceFrame,
  parseGenesis,
  recordsOf,
  signedBytes,
  signTransaction,
  type Transaction,
} from '../../src/ledger/index.ts';
import { hashFrom, testGenesisFile, withSignature } from '../support/ledger.ts';
import { blocks, transactions, world } from '../support/one-of-each.ts';

const payment = transactions[6];
const [block] = blocks;

type Wire = [body: Record<string, Encodable>, signature: Encodable];
const wireOf = (transaction: Transaction) => decode(transaction.bytes) as Wire;
const codeOf = (verdict: ReturnType<typeof decodeTransaction> | ReturnType<typeof decodeBlock>) =>
  verdict.ok ? 'OK' : verdict.rejection.code;

test('there is a transaction of every kind here', () => {
  expect([...new Set(transactions.map(({ body }) => body.kind))].sort()).toEqual(kindNames.toSorted());
});

describe('decoding is the inverse of encoding', () => {
  test.each(transactions.map((transaction) => [transaction.body.kind, transaction] as const))(
    '%s',
    (_, transaction) => {
      expect(decodeTransaction(transaction.bytes)).toEqual({ ok: true, value: transaction });
      expect(encode(wireOf(transaction))).toEqual(transaction.bytes);
    },
  );

  test('a block', () => {
    expect(decodeBlock(block.bytes)).toEqual({ ok: true, value: block });
  });

  test('a sealed header', () => {
    const { hash, header, signature } = block;
    const bytes = encodeSealedHeader(block);
    expect(decodeSealedHeader(bytes)).toEqual({ ok: true, value: { hash, header, signature } });
    expect(decodeSealedHeader(block.bytes).ok).toBe(false);
    expect(decodeBlock(bytes).ok).toBe(false);
  });

  test('of bytes that are a view into a larger buffer, or a Buffer', () => {
    const padded = concatBytes(new Uint8Array(5), payment.bytes, new Uint8Array(5));
    const view = padded.subarray(5, padded.length - 5);
    expect(decodeTransaction(view)).toMatchObject({ ok: true, value: { id: payment.id } });
    expect(decodeTransaction(Buffer.from(payment.bytes))).toMatchObject({ ok: true, value: { id: payment.id } });
  });
});

describe('what an id covers', () => {
  test('the body, under its tag', () => {
    const [body] = wireOf(payment);
    expect(payment.id).toBe(toHex(sha256(utf8ToBytes('carechain/transaction/1'), encode(body))));
    expect(signedBytes(payment)).toEqual(concatBytes(utf8ToBytes('carechain/transaction/1'), encode(body)));
  });

  test('not the signature', () => {
    const other = decodeTransaction(withSignature(payment, new Uint8Array(64)).bytes);
    expect(other).toMatchObject({ ok: true, value: { id: payment.id } });
  });

  test('every field of the body', () => {
    const [body] = wireOf(payment);
    const changes: Record<string, Encodable> = {
      network: new Uint8Array(32),
      author: new Uint8Array(32),
      time: 5,
      nonce: new Uint8Array(16),
      to: new Uint8Array(32),
      amount: 101,
      reason: 'report-access',
      records: { note: { commitment: new Uint8Array(32), readers: [new Uint8Array(32)] } },
    };
    expect(Object.keys({ ...changes, kind: '' }).sort()).toEqual(Object.keys(body).sort());
    const ids = Object.entries(changes).map(([field, value]) => {
      const verdict = decodeTransaction(encode([{ ...body, [field]: value }, payment.signature]));
      return verdict.ok ? verdict.value.id : field;
    });
    expect(new Set([payment.id, ...ids]).size).toBe(ids.length + 1);
  });

  test('a block hash covers the header, under its tag, and not the signature', () => {
    const { header } = decode(block.bytes) as { header: Encodable };
    expect(hashedBytes(block.header)).toEqual(concatBytes(utf8ToBytes('carechain/block/1'), encode(header)));
    expect(block.hash).toBe(toHex(sha256(hashedBytes(block.header))));
  });

  test('the frame around the nonce and the nonce make the hashed bytes', () => {
    const { prefix, suffix } = nonceFrame(block.header);
    const nonce = Uint8Array.from(Buffer.from(block.header.nonce, 'hex'));
    expect(concatBytes(prefix, nonce, suffix)).toEqual(hashedBytes(block.header));
  });
});

/** One field of a payment or its wire form replaced by what no transaction may hold there. */
const bentBodies: [string, (body: Record<string, Encodable>) => Record<string, unknown>][] = [
  ['an unknown field', (body) => ({ ...body, memo: null })],
  ['an unknown field named __proto__', (body) => ({ ...body, ['__proto__']: null })],
  ['a missing field', ({ amount: _, ...body }) => body],
  ['an unknown field in its records', (body) => ({ ...body, records: { note: null, more: null } })],
  ['a missing slot', (body) => ({ ...body, records: {} })],
  ['an unknown kind', (body) => ({ ...body, kind: 'MINT' })],
  ['the fields of another kind', (body) => ({ ...body, kind: 'PRESCRIPTION' })],
  ['a reason that only rewards have', (body) => ({ ...body, reason: 'fill-reward' })],
  ['an amount of zero', (body) => ({ ...body, amount: 0 })],
  ['a negative amount', (body) => ({ ...body, amount: -1 })],
  ['a fraction', (body) => ({ ...body, amount: 1.5 })],
  ['an integer of 2^53', (body) => ({ ...body, amount: 2n ** 53n })],
  ['an integer of 2^64 − 1', (body) => ({ ...body, amount: 2n ** 64n - 1n })],
  ['a negative integer of −2^64', (body) => ({ ...body, amount: -(2n ** 64n) })],
  ['an amount as text', (body) => ({ ...body, amount: '1' })],
  ['a negative time', (body) => ({ ...body, time: -1 })],
  ['a time that no Date holds', (body) => ({ ...body, time: 8_640_000_000_000_001 })],
  ['a hash as hex text', (body) => ({ ...body, to: hashFrom('to') })],
  ['a hash of 31 bytes', (body) => ({ ...body, to: new Uint8Array(31) })],
  ['a hash of 33 bytes', (body) => ({ ...body, to: new Uint8Array(33) })],
  ['a nonce of 15 bytes', (body) => ({ ...body, nonce: new Uint8Array(15) })],
  ['a record without readers', (body) => withNote(body, [])],
  ['a record with too many readers', (body) => withNote(body, Array(65).fill(new Uint8Array(32)))],
  ['a reader that is no hash', (body) => withNote(body, [1])],
];
const withNote = (body: Record<string, Encodable>, readers: unknown[]) => ({
  ...body,
  records: { note: { commitment: new Uint8Array(32), readers } },
});

test.each(bentBodies)('a body with %s is refused', (_, bend) => {
  const [body, signature] = wireOf(payment);
  // Our own encoder would refuse some of it.
  expect(codeOf(decodeTransaction(dagCbor.encode([bend(body), signature])))).toBe('malformed-transaction');
});

test.each<[string, Encodable]>([
  ['null', null],
  ['a map', {}],
  ['a body alone', [wireOf(payment)[0]]],
  ['three elements', [...wireOf(payment), null]],
  ['a signature of 63 bytes', [wireOf(payment)[0], new Uint8Array(63)]],
  ['a signature as text', [wireOf(payment)[0], '00'.repeat(64)]],
  ['signature and body the wrong way round', wireOf(payment).toReversed()],
])('%s is no transaction', (_, value) => {
  expect(codeOf(decodeTransaction(encode(value)))).toBe('malformed-transaction');
});

test('a patient id that is no random UUID is refused', () => {
  const [body, signature] = wireOf(transactions[0]);
  for (const [index, byte] of [
    [6, 0x10],
    [8, 0x00],
    [8, 0xc0],
  ] as const) {
    const patient = (body.patient as Uint8Array).slice();
    patient[index] = byte;
    expect(codeOf(decodeTransaction(encode([{ ...body, patient }, signature])))).toBe('malformed-transaction');
  }
});

/** Hex of CBOR that a lenient decoder would take for the encoding of a small value. */
const notCanonical: [string, string][] = [
  ['a float that is an integer', 'f94000'],
  ['a float in its one form', 'fb3ff8000000000000'],
  ['an integer of 2^53', '1b0020000000000000'],
  ['an integer of −2^53', '3b001fffffffffffff'],
  ['a link', 'd82a582500015512205891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03'],
  ['minus zero', 'fb8000000000000000'],
  ['not a number', 'f97e00'],
  ['infinity', 'f97c00'],
  ['undefined', 'f7'],
  ['an integer in more bytes than it needs', '1801'],
  ['a length in more bytes than it needs', '5801aa'],
  ['a string of unknown length', '7f6161ff'],
  ['a byte string of unknown length', '5f41aaff'],
  ['a list of unknown length', '9f01ff'],
  ['a map of unknown length', 'bf616101ff'],
  ['keys in the wrong order', 'a2616201616101'],
  ['a key twice', 'a2616101616102'],
  ['a key that is no text', 'a10101'],
  ['a tag', 'c001'],
  ['a big number', 'c2420100'],
  ['a key in another Unicode form written twice', 'a262c3a90163c3a9ff02'],
  ['text that is not UTF-8', '62c328'],
  ['text with a lone surrogate', '63eda080'],
  ['a value and something after it', '0101'],
  ['half a value', '82'],
  ['nothing', ''],
];

describe('bytes that are not canonical are refused', () => {
  const fromHexText = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));

  test.each(notCanonical)('%s', (_, hex) => {
    expect(() => decode(fromHexText(hex))).toThrow(NotCanonical);
    expect(tryDecode(fromHexText(hex))).toBe(null);
    const inside = concatBytes(Uint8Array.of(0x82), fromHexText(hex), Uint8Array.of(0x58, 0x40), new Uint8Array(64));
    expect(codeOf(decodeTransaction(inside))).toBe('malformed-transaction');
    expect(codeOf(decodeBlock(fromHexText(hex)))).toBe('malformed-block');
  });

  test('also where the bytes around them are right: an amount of 100 in two bytes more', () => {
    const hex = toHex(payment.bytes);
    const canonical = `66616d6f756e741864`;
    expect(hex.split(canonical)).toHaveLength(2);
    for (const other of ['66616d6f756e74190064', '66616d6f756e741a00000064', '66616d6f756e74f95640']) {
      expect(codeOf(decodeTransaction(fromHexText(hex.replace(canonical, other))))).toBe('malformed-transaction');
    }
  });

  test('and nothing else is: a bug of ours is thrown on', () => {
    expect(() => tryDecode(undefined as never)).toThrow(TypeError);
  });

  test('a sealed header too', () => {
    const bytes = encodeSealedHeader(block);
    expect(decodeSealedHeader(concatBytes(bytes, Uint8Array.of(0))).ok).toBe(false);
  });
});

/** Bytes of a good value with some of them bent, taken out, doubled or put in. */
const mutated = (bytes: Uint8Array) =>
  fc
    .array(
      fc.record({
        at: fc.nat({ max: bytes.length - 1 }),
        how: fc.constantFrom('flip', 'set', 'remove', 'insert', 'repeat', 'cut'),
        byte: fc.oneof(
          fc.nat({ max: 255 }),
          fc.constantFrom(0x00, 0x18, 0x1b, 0x58, 0x5f, 0x9f, 0xbf, 0xf7, 0xfb, 0xff),
        ),
      }),
      { minLength: 1, maxLength: 4 },
    )
    .map((steps) => {
      let list = [...bytes];
      for (const { at, how, byte } of steps) {
        if (how === 'flip') list[at] = (list[at] ?? 0) ^ (1 << (byte & 7));
        else if (how === 'set') list[at] = byte;
        else if (how === 'remove') list.splice(at, (byte & 3) + 1);
        else if (how === 'insert') list.splice(at, 0, byte);
        else if (how === 'repeat') list.splice(at, 0, ...list.slice(at, at + (byte & 15)));
        else list = list.slice(0, at);
      }
      return Uint8Array.from(list, (each) => each ?? 0);
    });

test('of mutated transactions nothing is accepted but the one encoding of what it says', () => {
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...transactions).chain((transaction) => mutated(transaction.bytes)),
      (bytes) => {
        const verdict = decodeTransaction(bytes);
        if (!verdict.ok) {
          expect(verdict.rejection.code).toBe('malformed-transaction');
          return;
        }
        accepted++;
        const { nonce, ...rest } = verdict.value.body;
        const { network, author, time, ...fields } = rest;
        const again = signTransaction(fields, { network, author, time, nonce, secretKey: new Uint8Array(32) });
        expect(again.id).toBe(verdict.value.id);
        expect(equalBytes(withSignature(again, verdict.value.signature).bytes, bytes)).toBe(true);
      },
    ),
    { numRuns: 4_000 },
  );
  // Flipped bits of hashes and signatures still say something, so the property looked at both sides.
  expect(accepted).toBeGreaterThan(150);
});

test('of mutated blocks too', () => {
  let accepted = 0;
  fc.assert(
    fc.property(mutated(block.bytes), (bytes) => {
      const verdict = decodeBlock(bytes);
      if (!verdict.ok) {
        expect(verdict.rejection.code).toMatch(/^malformed-(block|transaction)$/);
        return;
      }
      accepted++;
      expect(equalBytes(encode(decode(verdict.value.bytes) as Encodable), bytes)).toBe(true);
      expect(verdict.value.hash).toBe(toHex(sha256(hashedBytes(verdict.value.header))));
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(60);
});

test('random bytes and random values are refused, never thrown at', () => {
  const value = fc.anything({ withBigInt: true, withTypedArray: true, withNullPrototype: true, maxDepth: 4 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    value.map((each) => {
      try {
        return encode(each as Encodable);
      } catch {
        return new Uint8Array();
      }
    }),
  );
  fc.assert(
    fc.property(bytes, (each) => {
      for (const open of [decodeTransaction, decodeBlock, decodeSealedHeader]) expect(open(each).ok).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});

test('nesting without end is refused', () => {
  expect(codeOf(decodeTransaction(new Uint8Array(16_000).fill(0x81)))).toBe('malformed-transaction');
  expect(codeOf(decodeBlock(new Uint8Array(1_000_000).fill(0x81)))).toBe('malformed-block');
});

test('a block with a million elements that are no transactions costs one complaint, not a million', () => {
  const bytes = encode({ header: {}, signature: new Uint8Array(64), transactions: Array(1_000_000).fill(null) });
  const start = performance.now();
  expect(codeOf(decodeBlock(bytes))).toBe('malformed-block');
  // A complaint for each took five seconds; decoding and comparing a megabyte takes a tenth of one.
  expect(performance.now() - start).toBeLessThan(1_500);
});

test('no fact of a rejection holds text that a peer sent', () => {
  const canary = 'Zoë \u001b[31m';
  const [body, signature] = wireOf(payment);
  const hostile: Uint8Array[] = [
    ...Object.keys(body).map((field) => encode([{ ...body, [field]: canary }, signature])),
    encode([{ ...body, [canary]: 1 }, signature]),
    encode([{ ...body, records: { note: null, [canary]: 1 } }, signature]),
    encode([body, canary]),
    encode([canary, signature]),
    // A key twice: the decoder of the library quotes it.
    concatBytes(Uint8Array.of(0xa2), ...[1, 2].map((n) => concatBytes(encode(canary), Uint8Array.of(n)))),
  ];
  const wire = decode(block.bytes) as { header: Record<string, Encodable> };
  const hostileBlocks = [
    encode({ ...wire, [canary]: 1 }),
    encode({ ...wire, header: { ...wire.header, [canary]: 1 } }),
    ...Object.keys(wire.header).map((field) => encode({ ...wire, header: { ...wire.header, [field]: canary } })),
    ...hostile,
    ...hostile.map((bytes) => encode({ ...wire, transactions: [bytes] })),
  ];
  const verdicts = [...hostile.map((bytes) => decodeTransaction(bytes)), ...hostileBlocks.map(decodeBlock)];
  for (const verdict of verdicts) {
    expect(verdict.ok).toBe(false);
    const text = JSON.stringify(verdict);
    expect(text).not.toMatch(/Zo|u001b/);
    expect(text.length).toBeLessThan(400);
  }
});

describe('signing', () => {
  const authorship = {
    network: world.genesis.hash,
    author: world.id('alice'),
    time: 1,
    nonce: '00'.repeat(16),
    secretKey: world.keys.alice!.signing.secretKey,
  };
  const fields = { kind: 'TRANSFER_ECASH', to: world.id('bob'), amount: 1, reason: 'other', records: { note: null } };

  test.each<[string, object]>([
    ['an unknown field', { memo: 1 }],
    ['hex that is no hex', { to: 'zz' }],
    ['upper-case hex', { to: world.id('bob').toUpperCase().replace(/\d/, 'A') }],
    ['a fraction', { amount: 0.5 }],
    ['infinity', { amount: Number.POSITIVE_INFINITY }],
    ['not a number', { amount: Number.NaN }],
    ['a number above 2^53', { amount: 2 ** 53 }],
    ['undefined', { amount: undefined }],
    ['a derived reason', { reason: 'order-reward' }],
  ])('refuses %s', (_, change) => {
    expect(() => signTransaction({ ...fields, ...change } as never, authorship)).toThrow();
  });

  test('the same twice is the same transaction; another nonce is another', () => {
    const first = signTransaction(fields as never, authorship);
    expect(signTransaction(fields as never, authorship)).toEqual(first);
    expect(signTransaction(fields as never, { ...authorship, nonce: '01'.repeat(16) }).id).not.toBe(first.id);
  });
});

test('records are listed by slot, without the empty ones', () => {
  const slots = transactions.map(({ body }) => Object.keys(recordsOf(body)).join());
  expect(slots).toEqual([
    'identity',
    'notes,order',
    'result',
    'prescription',
    'dispensing',
    'reason',
    '',
    'notes',
    'note',
  ]);
});

describe('a genesis file', () => {
  const file = testGenesisFile();
  const [alice, ...others] = file.members;
  const withAlice = (change: object) => ({ ...file, members: [{ ...alice, ...change }, ...others] });
  const smallOrder = '0100000000000000000000000000000000000000000000000000000000000000';

  test('has one hash, whatever the order of its fields', () => {
    const shuffled = Object.fromEntries(Object.entries(file).reverse());
    expect(parseGenesis(JSON.parse(JSON.stringify(shuffled))).hash).toBe(world.genesis.hash);
  });

  test('with anything else in it is another network', () => {
    const hashes = [
      file,
      { ...file, supply: 1 },
      { ...file, members: others },
      { ...file, members: file.members.toReversed() },
      withAlice({ name: 'Someone' }),
      { ...file, miners: [alice!.signingKey] },
      { ...file, limits: { ...file.limits, rewardsPerBlock: 1 } },
    ].map((each) => parseGenesis(each).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test.each<[string, unknown, RegExp]>([
    ['is no object', null, /file/],
    ['is for other rules', { ...file, rules: 2 }, /rules/],
    ['has an unknown field', { ...file, memo: 1 }, /memo/],
    ['has no name', { ...file, name: '' }, /name/],
    ['has a name that is not in form C', { ...file, name: 'Zoe\u0308' }, /name/],
    ['has a name with a lone surrogate', { ...file, name: 'Zo\ud800' }, /name/],
    ['has a name that turns the line around', { ...file, name: 'a\u202eb' }, /name/],
    ['has a name that is too long', { ...file, name: 'é'.repeat(101) }, /name/],
    ['has a fractional supply', { ...file, supply: 0.5 }, /supply/],
    ['has a negative reward', { ...file, rewards: { order: -1, fill: 1 } }, /rewards\.order/],
    ['has a difficulty of zero', { ...file, difficulty: 0 }, /difficulty/],
    ['raises a limit', { ...file, limits: { ...file.limits, blockBytes: 2_000_000 } }, /limits\.blockBytes/],
    ['lists no miners', { ...file, miners: [] }, /miners/],
    ['lists a miner that is no key', { ...file, miners: ['zz'] }, /miners/],
    ['has an unknown role', withAlice({ role: 'janitor' }), /role/],
    ['has a username in upper case', withAlice({ username: 'Alice' }), /username/],
    ['has a signing key that is no hex', withAlice({ signingKey: 'zz' }), /members\.0\.signingKey: .*hex/],
    ['has a signing key of 31 bytes', withAlice({ signingKey: '00'.repeat(31) }), /signingKey/],
    ['has a signing key of small order', withAlice({ signingKey: smallOrder }), /signingKey/],
    ['has a sealing key that is no hex', withAlice({ sealingKey: 'zz' }), /members\.0\.sealingKey: .*hex/],
    ['has a sealing key of small order', withAlice({ sealingKey: smallOrder }), /sealingKey/],
    ['has one username twice', withAlice({ username: 'bob' }), /username/],
    ['has one signing key twice', withAlice({ signingKey: others[0]!.signingKey }), /id/],
    ['has one sealing key twice', withAlice({ sealingKey: others[0]!.sealingKey }), /sealingKey/],
  ])('that %s is refused, in a sentence that names the field', (_, json, field) => {
    expect(() => parseGenesis(json)).toThrow(
      expect.objectContaining({ code: 'bad-genesis', message: expect.stringMatching(field) }),
    );
  });
});
