import * as dagCbor from '@ipld/dag-cbor';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type Encodable, encode, limits, systemRandom, toHex } from '../../src/base/index.ts';
import { encryptRecord, recordCommitment, sha256, wrapKey } from '../../src/crypto/index.ts';
import { checkEnvelope, claimOf, decodeEnvelope, openEnvelope, sealEnvelope } from '../../src/vault/envelope.ts';
import { pad, unpad } from '../../src/vault/padding.ts';
import { recordIdOf } from '../../src/vault/record-id.ts';
import { hashFrom, testGenesis } from '../support/ledger.ts';

const world = testGenesis();
const network = world.genesis.hash;
const member = (username: string) => world.genesis.members.find((each) => each.username === username)!;
const readers = [member('alice'), member('bob')];
const text = { notes: 'sleeps badly', born: null };
const as = (username: string) => ({ network, reader: world.id(username), sealing: world.keys[username]!.sealing });

type Wire = { [field: string]: Encodable } & { wraps: { reader: Uint8Array; wrapped: Uint8Array }[] };

/** A sealed envelope, and the same with something bent. */
async function bentBy(bend: (wire: Wire) => void) {
  const { sealed, bytes } = await sealEnvelope({ text, readers, network, random: systemRandom });
  const wire = structuredClone(decode(bytes)) as Wire;
  bend(wire);
  return { sealed, bytes: encode(wire) };
}

function flip(bytes: Uint8Array): void {
  bytes[bytes.length >> 1]! ^= 1;
}

describe('sealed and opened', () => {
  const value: fc.Arbitrary<Encodable> = fc.letrec<{ value: Encodable }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constant(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'binary' }).filter((each) => each.isWellFormed()),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.string(), tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  })).value;
  const record = fc.dictionary(
    fc.string().filter((key) => key !== '__proto__'),
    value,
    { maxKeys: 6, noNullPrototype: true },
  );

  test('gives every reader what was sealed', async () => {
    await fc.assert(
      fc.asyncProperty(record, fc.subarray(Object.keys(world.keys), { minLength: 1 }), async (given, usernames) => {
        const { sealed, bytes } = await sealEnvelope({
          text: given,
          readers: usernames.map(member),
          network,
          random: systemRandom,
        });
        expect(sealed.readers).toEqual(usernames.map((username) => world.id(username)).sort());
        const envelope = checkEnvelope(bytes, sealed)!;
        for (const username of usernames) {
          expect(await openEnvelope(envelope, as(username))).toEqual({ state: 'open', text: given });
        }
      }),
      { numRuns: 25 },
    );
  });

  test('twice gives two commitments and two ciphertexts', async () => {
    const one = await sealEnvelope({ text, readers, network, random: systemRandom });
    const other = await sealEnvelope({ text, readers, network, random: systemRandom });
    expect(one.sealed.commitment).not.toBe(other.sealed.commitment);
    expect(one.bytes).not.toEqual(other.bytes);
  });

  test('a reader who is named twice gets one wrap', async () => {
    const { sealed } = await sealEnvelope({ text, readers: [...readers, ...readers], network, random: systemRandom });
    expect(sealed.readers).toHaveLength(2);
  });

  test('the largest record fits, for the most readers, and one byte more does not', async () => {
    const framing = encode({ notes: 'x'.repeat(limits.recordBytes - 100) }).length - (limits.recordBytes - 100);
    const largest = 'x'.repeat(limits.recordBytes - framing);
    const many = Array.from({ length: limits.readersPerRecord }, (_, index) => ({
      ...member('alice'),
      id: hashFrom(`reader ${index}`),
    }));
    const { sealed, bytes } = await sealEnvelope({
      text: { notes: largest },
      readers: many,
      network,
      random: systemRandom,
    });
    expect(checkEnvelope(bytes, sealed)).not.toBeNull();
    const over = sealEnvelope({ text: { notes: `${largest}x` }, readers, network, random: systemRandom });
    await expect(over).rejects.toMatchObject({ code: 'record-too-large' });
    await expect(over).rejects.not.toThrow(/xxx/);
  });
});

describe('what a holder refuses without a key', () => {
  const bends: Record<string, (wire: Wire) => void> = {
    salt: (wire) => flip(wire.salt as Uint8Array),
    ciphertext: (wire) => flip(wire.ciphertext as Uint8Array),
    keyHash: (wire) => flip(wire.keyHash as Uint8Array),
    commitment: (wire) => flip(wire.commitment as Uint8Array),
    'a wrap too many': (wire) =>
      void wire.wraps.push({ reader: new Uint8Array(32).fill(255), wrapped: new Uint8Array(80) }),
    'the same wrap twice': (wire) => void wire.wraps.push(wire.wraps[1]!),
    'a wrap missing': (wire) => void wire.wraps.pop(),
    'no wraps': (wire) => void wire.wraps.splice(0),
    'wraps in another order': (wire) => void wire.wraps.reverse(),
    'the wrap of another reader': (wire) => flip(wire.wraps[0]!.reader),
    'a wrap of another length': (wire) => Object.assign(wire.wraps[0]!, { wrapped: new Uint8Array(79) }),
    'a field too many': (wire) => Object.assign(wire, { more: 1 }),
    'a field of another type': (wire) => Object.assign(wire, { salt: 'salt' }),
  };

  test.each(Object.keys(bends))('%s', async (name) => {
    const { sealed, bytes } = await bentBy(bends[name]!);
    expect(checkEnvelope(bytes, sealed)).toBeNull();
  });

  test('bytes that are not the one encoding', async () => {
    const { sealed, bytes } = await bentBy(() => {});
    expect(checkEnvelope(bytes, sealed)).not.toBeNull();
    expect(checkEnvelope(Uint8Array.of(...bytes, 0), sealed)).toBeNull();
    expect(checkEnvelope(bytes.subarray(1), sealed)).toBeNull();
  });

  test('the record of another transaction', async () => {
    const { bytes } = await bentBy(() => {});
    const { sealed } = await bentBy(() => {});
    expect(checkEnvelope(bytes, sealed)).toBeNull();
  });

  test('whatever bytes: it answers null and throws nothing', async () => {
    const { bytes } = await bentBy(() => {});
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (given) => decodeEnvelope(given) === null),
      { numRuns: 300 },
    );
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const bent = Uint8Array.from(bytes);
        bent[at]! ^= difference;
        const envelope = decodeEnvelope(bent);
        return envelope === null || claimOf(envelope).readers.length === 2;
      }),
      { numRuns: 300 },
    );
  });

  test('nesting without end', () => {
    expect(decodeEnvelope(new Uint8Array(60_000).fill(0x81))).toBeNull();
  });
});

describe('what a reader refuses', () => {
  test('a bent wrap, which no commitment covers', async () => {
    const { sealed, bytes } = await bentBy((wire) => {
      flip(wire.wraps[0]!.wrapped);
      flip(wire.wraps[1]!.wrapped);
    });
    const envelope = checkEnvelope(bytes, sealed)!;
    expect(await openEnvelope(envelope, as('alice'))).toEqual({ state: 'bad-wrap' });
  });

  test('the key of somebody else', async () => {
    const { sealed, bytes } = await bentBy(() => {});
    const envelope = checkEnvelope(bytes, sealed)!;
    expect(await openEnvelope(envelope, { ...as('alice'), sealing: world.keys.bob!.sealing })).toEqual({
      state: 'bad-wrap',
    });
    expect(await openEnvelope(envelope, as('charlie'))).toEqual({ state: 'bad-wrap' });
  });

  test('the wrap of another network', async () => {
    const { sealed, bytes } = await bentBy(() => {});
    const elsewhere = { ...as('alice'), network: hashFrom('another network') };
    expect(await openEnvelope(checkEnvelope(bytes, sealed)!, elsewhere)).toEqual({ state: 'bad-wrap' });
  });

  test('a data key that is not the author’s, well wrapped by whoever delivers it', async () => {
    const made = await bentBy(() => {});
    const envelope = checkEnvelope(made.bytes, made.sealed)!;
    for (const wrap of envelope.wraps) {
      const context = Buffer.concat([
        Buffer.from('carechain/wrap/1'),
        Buffer.from(network, 'hex'),
        envelope.commitment,
        wrap.reader,
      ]);
      const { sealingKey } = readers.find(({ id }) => id === toHex(wrap.reader))!;
      const readerPublicKey = Uint8Array.from(Buffer.from(sealingKey, 'hex'));
      wrap.wrapped = await wrapKey({ dataKey: new Uint8Array(32).fill(7), readerPublicKey, context });
    }
    const checked = checkEnvelope(encode(envelope as unknown as Encodable), made.sealed)!;
    expect(await openEnvelope(checked, as('alice'))).toEqual({ state: 'bad-wrap' });
  });

  test('something that an author sealed well and that is no record', async () => {
    const dataKey = systemRandom.bytes(32);
    const salt = systemRandom.bytes(32);
    const seal = async (plaintext: Uint8Array) => {
      const associatedData = Buffer.concat([Buffer.from('carechain/record/1'), Buffer.from(network, 'hex')]);
      const ciphertext = encryptRecord({ plaintext, dataKey, nonce: systemRandom.bytes(12), associatedData });
      const commitment = recordCommitment({ salt, ciphertext, dataKey });
      const reader = Uint8Array.from(Buffer.from(world.id('alice'), 'hex'));
      const context = Buffer.concat([Buffer.from('carechain/wrap/1'), Buffer.from(network, 'hex'), commitment, reader]);
      const readerPublicKey = world.keys.alice!.sealing.publicKey;
      const wraps = [{ reader, wrapped: await wrapKey({ dataKey, readerPublicKey, context }) }];
      const bytes = encode({ commitment, salt, keyHash: sha256(dataKey), ciphertext, wraps });
      return openEnvelope(
        checkEnvelope(bytes, { commitment: toHex(commitment), readers: [world.id('alice')] })!,
        as('alice'),
      );
    };
    expect(await seal(pad(encode(text)))).toEqual({ state: 'open', text });
    expect(await seal(encode(text))).toEqual({ state: 'no-record' });
    expect(await seal(pad(encode(['a list'])))).toEqual({ state: 'no-record' });
    expect(await seal(pad(dagCbor.encode({ height: 1.5 })))).toEqual({ state: 'no-record' });
    expect(await seal(pad(Uint8Array.of(0xff)))).toEqual({ state: 'no-record' });
  });
});

describe('padding', () => {
  test('gives back the text, whatever its length', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5_000 }), (given) => {
        expect(unpad(pad(given))).toEqual(given);
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    [0, 256],
    [256, 256],
    [257, 1_024],
    [1_025, 4_096],
    [4_097, 16_384],
    [16_385, 65_536],
    [65_536, 65_536],
  ])('%i bytes look like %i', (length, step) => {
    expect(pad(new Uint8Array(length)).length).toBe(4 + step);
  });

  test('refuses every other padding', () => {
    const padded = pad(Uint8Array.of(1, 2, 3));
    expect(unpad(padded.subarray(0, -1))).toBeNull();
    expect(unpad(new Uint8Array(3))).toBeNull();
    expect(unpad(new Uint8Array(4 + 1_024))).toBeNull();
    const dirty = Uint8Array.from(padded);
    dirty[dirty.length - 1] = 1;
    expect(unpad(dirty)).toBeNull();
    const overlong = Uint8Array.from(padded);
    overlong.set([255, 255, 255, 255]);
    expect(unpad(overlong)).toBeNull();
  });

  test('hides the length of the text in the envelope', async () => {
    const sizeOf = async (notes: string) =>
      (await sealEnvelope({ text: { notes }, readers, network, random: systemRandom })).bytes.length;
    expect(await sizeOf('negative')).toBe(await sizeOf('positive, please come at once and bring the referral'));
  });
});

test('one commitment beside other readers is another record', () => {
  const sealed = world.sealedFor('alice', 'bob');
  expect(recordIdOf(sealed)).toBe(recordIdOf({ ...sealed }));
  expect(recordIdOf({ ...sealed, readers: sealed.readers.slice(1) })).not.toBe(recordIdOf(sealed));
});
