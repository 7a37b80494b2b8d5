/** What lies on a disk, where people, spreadsheets and faults write too: keys, the registry, stored values, exports. */
import { isDeepStrictEqual } from 'node:util';
import { demoKeyFiles, type RegistryRow, registryRows } from '../../../src/actions/index.ts';
import { keyFileOfText } from '../../../src/actions/key-files.ts';
import { nodeKeyOfText } from '../../../src/actions/node-key.ts';
import {
  CarechainError,
  decode,
  type Encodable,
  encode,
  fromHex,
  limits,
  NotCanonical,
  toHex,
  utf8ToBytes,
} from '../../../src/base/index.ts';
import { type ByteLine, ByteLines } from '../../../src/cli/byte-lines.ts';
import {
  type BlockLine,
  blockLine,
  blockOfLine,
  firstDifference,
  genesisLine,
} from '../../../src/cli/one-shot/block-line.ts';
import { longestLineBytes, parseLine } from '../../../src/cli/one-shot/import-lines.ts';
import { type KeyFile, sha256 } from '../../../src/crypto/index.ts';
import type { Reward } from '../../../src/ledger/index.ts';
import { seal, unseal } from '../../../src/storage/envelope.ts';
import { decodeRow } from '../../../src/storage/rows.ts';
import { blocks, chain, world } from '../../support/one-of-each.ts';
import { type Decoded, type Target, target, unlessNull, unlessRefused } from '../target.ts';

const textOf = (input: Uint8Array) => Buffer.from(input).toString('utf8');
/** Why a reader may take more than its file may have. */
const notReadOn = 'its file is read only so far (test/actions/small-file.test.ts)';

const keyFile = target<KeyFile>({
  name: 'key-file',
  shape: 'json',
  mostBytes: limits.keyFileBytes,
  longerAllowed: notReadOn,
  seeds: Object.values(demoKeyFiles).map((file) => utf8ToBytes(JSON.stringify(file))),
  decode: (input) => unlessRefused(() => keyFileOfText(textOf(input))),
  objection({ kdf, ciphertext, username }) {
    if (kdf.N < 2 ** 14 || kdf.N > 2 ** 20 || kdf.r !== 8 || kdf.p !== 1)
      return 'opening it costs too little or too much';
    if (ciphertext.length > 2_048) return 'the ciphertext is too long';
    return username.normalize('NFC') === username ? null : 'the username is not NFC';
  },
});

const seedDigits = 'c0'.repeat(32);

const nodeKey = target<Uint8Array>({
  name: 'node-key',
  shape: 'text',
  mostBytes: 1_024,
  longerAllowed: notReadOn,
  seeds: [`${seedDigits}\n${toHex(sha256(fromHex(seedDigits))).slice(0, 8)}\n`, `${seedDigits}\n`].map(utf8ToBytes),
  words: [seedDigits, seedDigits.slice(1), 'C0', '\n', '\r\n', '0x'],
  decode: (input) => unlessNull(nodeKeyOfText(textOf(input))),
  objection: (value, input) =>
    textOf(input).trim().startsWith(toHex(value)) ? null : 'it is another key than the file says',
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
  longerAllowed: 'it is read in pieces; where they come from counts them',
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

interface Imported {
  readonly line: BlockLine;
  readonly rebuilt: BlockLine;
}

/** One by one: megabytes of line feeds are refused at the first. */
function* linesOf(input: Uint8Array): Generator<ByteLine> {
  const reader = new ByteLines(longestLineBytes);
  const half = input.length >> 1;
  yield* reader.push(input.subarray(0, half));
  yield* reader.push(input.subarray(half));
  yield* reader.end();
}

/** A file of one line, read as an import reads it, but for the rules: it is the genesis, or it is a block. */
function importedLine(input: Uint8Array): Decoded<Imported> {
  let line: BlockLine | null = null;
  for (const next of linesOf(input)) {
    const parsed = unlessRefused(() => parseLine(next));
    if (parsed === null || line !== null) return null;
    line = parsed.value;
  }
  if (line === null) return null;
  const first = genesisLine(world.genesis);
  if (firstDifference(line, first) === null) return { value: { line, rebuilt: first } };
  const block = blockOfLine(line);
  if (!block.ok) return null;
  const rebuilt = blockLine(block.value, rewardsOf.get(block.value.hash) ?? [], world.genesis);
  return firstDifference(line, rebuilt) === null ? { value: { line, rebuilt } } : null;
}

/** Strings before a colon, of text that is JSON: found in another way than the program does. */
const keys = /"(?:[^"\\]|\\.)*"\s*:/g;

const exportedBlock = target<Imported>({
  name: 'exported-block',
  shape: 'json',
  mostBytes: longestLineBytes,
  // A line feed or a carriage return and a line feed end a line, and are not of it.
  seeds: [
    genesisLine(world.genesis),
    ...blocks.map((block) => blockLine(block, rewardsOf.get(block.hash) ?? [], world.genesis)),
  ].map((line) => utf8ToBytes(JSON.stringify(line))),
  decode: importedLine,
  objection({ line, rebuilt }, input) {
    const canonical = JSON.stringify(rebuilt);
    if (!isDeepStrictEqual(line, JSON.parse(canonical))) return 'it says more than the block';
    return textOf(input).match(keys)?.length === canonical.match(keys)?.length ? null : 'it says something twice';
  },
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
  longerAllowed: 'LevelDB hands it out, and this node has written it',
  seeds: [seal(key, blocks[0].bytes), seal(key, encode(true)), seal(key, new Uint8Array(0))],
  decode: (input) => unlessRefused(() => unseal(key, input)),
  encode: (value) => seal(key, value),
});

/** A row is read only behind a checksum of its own, so it may be large; here it is what a fault has bent before it was sealed. */
const storedRow = target<Encodable>({
  name: 'stored-row',
  shape: 'cbor',
  mostBytes: 262_144,
  longerAllowed: 'as a stored value',
  seeds: rows.map(encode),
  decode(input) {
    try {
      return { value: decodeRow<Encodable>(input) };
    } catch (error) {
      if (error instanceof NotCanonical) return null;
      throw error;
    }
  },
  encode,
  objection: (value, input) => (isDeepStrictEqual(decode(input, input.length), value) ? null : 'it reads differently'),
});

export const fileTargets: readonly Target[] = [keyFile, nodeKey, registryCsv, exportedBlock, storedEnvelope, storedRow];
