/** Every decoder answers any bytes with a value or with `malformed-message`, and its value has one encoding. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CarechainError, encode, equalBytes, limits, toHex } from '../../src/base/index.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { decodeStatus, encodeStatus, type StatusMessage } from '../../src/network/status-message.ts';
import * as wire from '../../src/network/wire.ts';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex);
const hashes = fc.array(hash, { maxLength: 20 });
const parts = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 10 });
const status: StatusMessage = {
  genesis: 'aa'.repeat(32),
  rules: 1,
  tip: { hash: 'bb'.repeat(32), height: 3, work: 4_096 },
  pending: { count: 2, sum: 'cc'.repeat(32) },
  time: 1_800_000_000_000,
  nodeId: 'DoctorNode-5001',
  addresses: ['127.0.0.1:5001'],
  others: ['[::1]:5002'],
};
const statuses = fc.record({
  ...{ genesis: hash, rules: fc.nat(), time: fc.nat(), tip: fc.record({ hash, height: fc.nat(), work: fc.nat() }) },
  pending: fc.record({ count: fc.nat(), sum: hash }),
  ...{ nodeId: fc.constant('Ärztin'), addresses: fc.constant(status.addresses), others: fc.constant([]) },
});

type Codec = {
  name: string;
  values: fc.Arbitrary<unknown>;
  encode(value: never): Uint8Array;
  decode(bytes: Uint8Array): unknown;
  most: number;
};
const codecs: Codec[] = [
  { name: 'status', values: statuses, encode: encodeStatus, decode: decodeStatus, most: networkLimits.statusBytes },
  {
    name: 'locator',
    values: hashes,
    encode: wire.encodeLocator,
    decode: wire.decodeLocator,
    most: wire.wireBytes.locator,
  },
  {
    name: 'headers',
    values: parts,
    encode: wire.encodeHeaders,
    decode: wire.decodeHeaders,
    most: wire.wireBytes.headers,
  },
  { name: 'hashes', values: hashes, encode: wire.encodeHashes, decode: wire.decodeHashes, most: wire.wireBytes.hashes },
  { name: 'blocks', values: parts, encode: wire.encodeBlocks, decode: wire.decodeBlocks, most: wire.wireBytes.blocks },
  { name: 'ids', values: hashes, encode: wire.encodeIds, decode: wire.decodeIds, most: wire.wireBytes.ids },
  {
    name: 'wanted',
    values: fc.oneof(hashes, fc.nat()),
    encode: wire.encodeWanted,
    decode: wire.decodeWanted,
    most: wire.wireBytes.wanted,
  },
  {
    name: 'fetched',
    values: parts,
    encode: wire.encodeTransactions,
    decode: wire.decodeFetched,
    most: wire.wireBytes.transactions,
  },
  {
    name: 'batch',
    values: parts,
    encode: wire.encodeTransactions,
    decode: wire.decodeBatch,
    most: wire.wireBytes.batch,
  },
];

/** The value, or null for the one verdict that there is. Anything else is a fault. */
function verdictOf({ decode }: Codec, bytes: Uint8Array): unknown {
  try {
    return { value: decode(bytes) };
  } catch (error) {
    if (error instanceof CarechainError && error.code === 'malformed-message') return null;
    throw error;
  }
}

describe.each(codecs)('the decoder of $name', (codec) => {
  const valid = codec.values.map((value) => codec.encode(value as never));

  it('reads what was encoded', () => {
    fc.assert(
      fc.property(codec.values, (value) => {
        expect(codec.decode(codec.encode(value as never))).toEqual(value);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what is cut short, extended or too long', () => {
    fc.assert(
      fc.property(valid, fc.nat(), (bytes, cut) => {
        expect(verdictOf(codec, bytes.subarray(0, cut % bytes.length))).toBeNull();
        expect(verdictOf(codec, Uint8Array.from([...bytes, cut % 256]))).toBeNull();
      }),
      { numRuns: 50 },
    );
    expect(verdictOf(codec, new Uint8Array(codec.most + 1))).toBeNull();
    expect(verdictOf(codec, encode({ unknown: true }))).toBeNull();
  });

  it('answers any bytes with a verdict, and reads only the one encoding of a value', () => {
    const bent = fc
      .tuple(valid, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }))
      .map(([bytes, changes]) => {
        const copy = new Uint8Array(bytes);
        for (const [at, to] of changes) copy[at % copy.length] = to;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), bent), (bytes) => {
        const verdict = verdictOf(codec, bytes) as { value: unknown } | null;
        if (verdict !== null) expect(equalBytes(codec.encode(verdict.value as never), bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a status', () => {
  const bend = (change: Partial<StatusMessage>) => () => decodeStatus(encodeStatus({ ...status, ...change }));
  it.each<[string, Partial<StatusMessage>]>([
    ['has a name', { nodeId: '' }],
    ['has a short name', { nodeId: 'x'.repeat(65) }],
    ['has a name that can be printed', { nodeId: 'a\u001b[2J' }],
    ['does not turn a line around', { nodeId: 'a\u202eb' }],
    ['has canonical text', { nodeId: 'e\u0301' }],
    ['has addresses that can be printed', { addresses: ['a\nb'] }],
    ['counts from zero', { time: -1 }],
  ])('%s', (_name, change) => {
    expect(bend({})).not.toThrow();
    expect(bend(change)).toThrow(expect.objectContaining({ code: 'malformed-message' }));
  });

  it('tells no more addresses than a peer may have', () => {
    const addresses = Array.from({ length: 40 }, (_, index) => `127.0.0.1:${index + 1}`);
    expect(decodeStatus(encodeStatus({ ...status, addresses })).addresses).toHaveLength(limits.addressesPerPeer);
  });
});

it('hashes that are not whole are refused', () => {
  expect(() => wire.decodeIds(encode({ ids: new Uint8Array(33) }))).toThrow(CarechainError);
  expect(() => wire.decodeLocator(encode({ locator: new Uint8Array(65 * 32) }))).toThrow(CarechainError);
});

it('a request for pending transactions is one of two', () => {
  expect(() => wire.decodeWanted(encode({}))).toThrow(CarechainError);
  expect(() => wire.decodeWanted(encode(new Uint8Array(0)))).toThrow(CarechainError);
  expect(() => wire.decodeWanted(encode({ from: -1 }))).toThrow(CarechainError);
  expect(() => wire.decodeWanted(encode({ from: 0, ids: new Uint8Array(0) }))).toThrow(CarechainError);
});
