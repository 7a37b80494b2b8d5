/** What lies on a disk, where people, spreadsheets and faults write too: key files, the registry, stored values, exports. */
import { isDeepStrictEqual } from 'node:util';
import { demoKeyFiles, type RegistryRow, registryRows } from '../../../src/actions/index.ts';
import { CarechainError, decode, type Encodable, encode, limits, utf8ToBytes } from '../../../src/base/index.ts';
import { type BlockLine, blockLine, blockOfLine, firstDifference } from '../../../src/cli/one-shot/block-line.ts';
import { type KeyFile, parseKeyFile } from '../../../src/crypto/index.ts';
import type { Reward } from '../../../src/ledger/index.ts';
import { seal, unseal } from '../../../src/storage/envelope.ts';
import { decodeRow } from '../../../src/storage/rows.ts';
import { blocks, chain, world } from '../../support/one-of-each.ts';
import { type Decoded, type Target, target, unlessRefused } from '../target.ts';

function jsonOf(input: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(input).toString('utf8'));
  } catch {
    // What reads these files says so in its own words.
    return undefined;
  }
}

const keyFile = target<KeyFile>({
  name: 'key-file',
  shape: 'json',
  mostBytes: 65_536,
  seeds: Object.values(demoKeyFiles).map((file) => utf8ToBytes(JSON.stringify(file))),
  decode: (input) => unlessRefused(() => parseKeyFile(jsonOf(input))),
  objection({ kdf, ciphertext, username }) {
    if (kdf.N < 2 ** 14 || kdf.N > 2 ** 20 || kdf.r !== 8 || kdf.p !== 1)
      return 'opening it costs too little or too much';
    if (ciphertext.length > 2_048) return 'the ciphertext is too long';
    return username.normalize('NFC') === username ? null : 'the username is not NFC';
  },
});

const registryText = [
  'patient_id,name,registered_by,timestamp',
  '3f2504e0-4f89-41d3-9a0c-0305e82c3301,"O\'Brien, ""Zoë""",dr_alice,2026-01-01T00:00:00.000Z',
  "0b2f9c1e-1c4d-4b7a-8b58-5b5f1d8f1a2b,'=HYPERLINK(1),dr_alice,2026-01-02T00:00:00.000Z",
].join('\r\n');

/** What is read in one go of a file that grows with the patients; in two pieces, as the disk may give it. */
const registryCsv = target<RegistryRow[]>({
  name: 'registry-csv',
  shape: 'text',
  mostBytes: 65_536,
  seeds: [utf8ToBytes(`${registryText}\r\n`), utf8ToBytes(`\ufeff${registryText.replaceAll('\r\n', '\n')}`)],
  words: ['patient_id', '"', '""', '",', '\r\n', "'=", "''", ',,,,', '\ufeff'],
  async decode(input) {
    const half = input.length >> 1;
    try {
      return { value: await registryRows([input.subarray(0, half), input.subarray(half)]) };
    } catch (error) {
      if (error instanceof CarechainError) return null;
      throw error;
    }
  },
  objection: (rows) =>
    rows.some((row) => Object.values(row).some((cell) => typeof cell !== 'string')) ? 'a cell is no text' : null,
});

const rewardsOf = new Map<string, readonly Reward[]>(chain.main().map(({ hash, rewards }) => [hash, rewards]));

/** One line of an export, read as an import reads it, but for the rules. */
function importedLine(input: Uint8Array): Decoded<{ line: BlockLine; rebuilt: BlockLine }> {
  const line = jsonOf(input);
  if (typeof line !== 'object' || line === null || Array.isArray(line)) return null;
  const block = blockOfLine(line as BlockLine);
  if (!block.ok) return null;
  const rebuilt = blockLine(block.value, rewardsOf.get(block.value.hash) ?? [], world.genesis);
  return firstDifference(line, rebuilt) === null ? { value: { line: line as BlockLine, rebuilt } } : null;
}

const exportedBlock = target<{ line: BlockLine; rebuilt: BlockLine }>({
  name: 'exported-block',
  shape: 'json',
  mostBytes: 262_144,
  seeds: blocks.map((block) =>
    utf8ToBytes(JSON.stringify(blockLine(block, rewardsOf.get(block.hash) ?? [], world.genesis))),
  ),
  decode: importedLine,
  objection: ({ line, rebuilt }) =>
    isDeepStrictEqual(line, JSON.parse(JSON.stringify(rebuilt))) ? null : 'it says more than the block',
});

const key = 'block/00';
const rows: readonly Encodable[] = [
  { hash: 'ab'.repeat(32), height: 3, work: 12_288 },
  [
    ['balance/ab', 100, 90],
    ['due', null, { head: 0, tail: 1 }],
  ],
  [...(rewardsOf.get(blocks[2].hash) ?? [])].map((reward) => ({ ...reward })),
  true,
];

const storedEnvelope = target<Uint8Array>({
  name: 'stored-value',
  shape: 'bytes',
  mostBytes: limits.blockBytes,
  seeds: [seal(key, blocks[0].bytes), seal(key, encode(true)), seal(key, new Uint8Array(0))],
  decode: (input) => unlessRefused(() => unseal(key, input)),
  encode: (value) => seal(key, value),
});

/** A row is read only behind a checksum of its own, so it may be large; here it is what a fault has bent before it was sealed. */
const storedRow = target<Encodable>({
  name: 'stored-row',
  shape: 'cbor',
  mostBytes: 262_144,
  seeds: rows.map(encode),
  decode(input) {
    try {
      return { value: decodeRow<Encodable>(input) };
    } catch (error) {
      if (error instanceof TypeError || (error as Error).message.startsWith('not canonical')) return null;
      throw error;
    }
  },
  encode,
  objection: (value, input) => (isDeepStrictEqual(decode(input, input.length), value) ? null : 'it reads differently'),
});

export const fileTargets: readonly Target[] = [keyFile, registryCsv, exportedBlock, storedEnvelope, storedRow];
