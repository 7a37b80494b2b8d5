import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { describeError, limits, systemClock } from '../../src/base/index.ts';
import { blockLine, genesisLine } from '../../src/cli/one-shot/block-line.ts';
import { importChain } from '../../src/cli/one-shot/import.ts';
import { longestLineBytes } from '../../src/cli/one-shot/import-lines.ts';
import { hasChain } from '../../src/cli/one-shot/open-folder.ts';
import { readStrictJson } from '../../src/cli/strict-json.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

const world = testGenesis();
const chain = new Chain(world);
const registration = world.register('alice', 'jane');
chain.mine(registration);
const order = world.order('alice', 'jane');
chain.mine(order);
chain.mine(world.answer('bob', order));
chain.mine(world.prescribe('alice', 'jane'));
const lines = [
  genesisLine(world.genesis),
  ...chain.main().map(({ block, rewards }) => blockLine(block!, rewards, world.genesis)),
];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carechain-import-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function importLines(edited: readonly unknown[]): Promise<string> {
  const file = join(folder, 'chain.jsonl');
  const dataDir = join(folder, 'new');
  await writeFile(file, edited.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  try {
    const { height } = await importChain({
      file,
      dataDir,
      genesis: world.genesis,
      clock: systemClock,
      onProgress() {},
    });
    return `imported up to #${height}`;
  } catch (error) {
    const { code, message } = describeError(error);
    expect(await hasChain(dataDir)).toBe(false);
    return `${/#\d+/.exec(message)?.[0]} ${code}`;
  }
}

/** The lines with one of them changed. */
function edited(number: number, change: (line: Edited) => void): unknown[] {
  const copies = structuredClone(lines) as Edited[];
  change(copies[number]!);
  return copies;
}

interface Edited {
  [field: string]: unknown;
  rewards: { amount: number }[];
  transactions: { [field: string]: unknown; bytes: string; fields: Record<string, unknown> }[];
}

describe('import', () => {
  test('takes what was exported, block by block', async () => {
    expect(await importLines(lines)).toBe('imported up to #4');
  });

  test.each<[string, number, (line: Edited) => void, string]>([
    [
      'a readable field',
      4,
      (line) => (line.transactions[0]!.fields.patient = '97c928d0-c2cf-4e4b-ac28-811898aa0587'),
      '#4 bad-signature',
    ],
    ['the readable author', 1, (line) => (line.transactions[0]!.author = 'bob'), '#1 bad-signature'],
    ['a readable id', 1, (line) => (line.transactions[0]!.id = '00'.repeat(32)), '#1 bad-signature'],
    ['a field that nobody knows', 1, (line) => (line.transactions[0]!.remark = 'x'), '#1 bad-signature'],
    [
      'the bytes of a signature',
      2,
      (line) => (line.transactions[0]!.bytes = flipLast(line.transactions[0]!.bytes)),
      '#2 wrong-transactions-root',
    ],
    ['bytes that are no transaction', 2, (line) => (line.transactions[0]!.bytes = '00ff'), '#2 malformed-transaction'],
    ['a transaction left out', 1, (line) => line.transactions.pop(), '#1 empty-block'],
    ['a field that everything inherits', 1, (line) => own(line, '__proto__', {}), '#1 wrong-transactions-root'],
    [
      'such a field in a transaction',
      1,
      (line) => own(line.transactions[0]!.fields, '__proto__', {}),
      '#1 bad-signature',
    ],
    ['a map where a list was', 1, (line) => (line.rewards = {} as never), '#1 wrong-transactions-root'],
    ['the amount of a reward', 4, (line) => (line.rewards[0]!.amount = 700), '#4 wrong-transactions-root'],
    ['the parent', 3, (line) => (line.parentHash = '00'.repeat(32)), '#3 wrong-parent'],
    ['the height', 3, (line) => (line.height = 7), '#3 wrong-height'],
    ['the time', 3, (line) => (line.time = '2026-01-01T00:00:00.000Z'), '#3 bad-miner-signature'],
    ['the hash alone', 4, (line) => (line.hash = '00'.repeat(32)), '#4 bad-miner-signature'],
    ['the signature of the miner', 2, (line) => (line.signature = '00'.repeat(64)), '#2 bad-miner-signature'],
    ['a number that is none', 2, (line) => (line.difficulty = 'many'), '#2 malformed-block'],
    ['the name of the network', 0, (line) => ((line.genesis as { name: string }).name = 'other'), '#0 wrong-network'],
  ])('names the check that fails: %s', async (_what, number, change, verdict) => {
    expect(await importLines(edited(number, change))).toBe(verdict);
  });

  test('reads the longest line that a block may have', () => {
    const { block, rewards } = chain.main().at(-1)!;
    for (const { transactions } of chain.main().map((each) => each.block!)) {
      const [transaction] = transactions;
      const full = Array(Math.ceil(limits.blockBytes / transaction!.bytes.length)).fill(transaction!);
      const paid = Array(limits.rewardsPerBlock).fill(rewards[0]!);
      const line = JSON.stringify(blockLine({ ...block!, transactions: full }, paid, world.genesis));
      expect(line.length).toBeLessThan(longestLineBytes);
      expect(readStrictJson(line).problem).toBeNull();
    }
  });

  test('refuses a height of minus zero', async () => {
    const genesis = JSON.stringify(lines[0]).replace('"height":0,', '"height":-0,');
    expect(await importLines([genesis, ...lines.slice(1)])).toBe('#0 wrong-network');
  });

  test('refuses what is no JSON, and blocks in another order', async () => {
    expect(await importLines([...lines.slice(0, 2), 'nonsense'])).toBe('#2 malformed-block');
    expect(await importLines([lines[0], lines[2]])).toBe('#1 wrong-parent');
  });

  test('never writes into a folder that holds a chain', async () => {
    expect(await importLines(lines)).toBe('imported up to #4');
    const place = {
      file: join(folder, 'chain.jsonl'),
      dataDir: join(folder, 'new'),
      genesis: world.genesis,
      clock: systemClock,
      onProgress() {},
    };
    await expect(importChain(place)).rejects.toMatchObject({ code: 'file-exists' });
    expect(await readFile(join(folder, 'chain.jsonl'), 'utf8')).toContain('PATIENT_REGISTRATION');
  });
});

/** As `JSON.parse` makes it, where an assignment would change the prototype. */
function own(line: object, key: string, value: unknown): void {
  Object.defineProperty(line, key, { value, enumerable: true });
}

function flipLast(hex: string): string {
  return hex.slice(0, -1) + (hex.endsWith('0') ? '1' : '0');
}
