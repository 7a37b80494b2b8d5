import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import { genesisOfText, loadGenesis } from '../../src/cli/genesis-file.ts';
import { demoGenesis, parseGenesis } from '../../src/ledger/index.ts';
import { testGenesisFile } from '../support/ledger.ts';

let path: string;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carechain-genesis-'));
  path = join(folder, 'genesis.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const file = testGenesisFile();
const text = JSON.stringify(file);

test('the network of a file, or the demo where none is given', async () => {
  expect(await loadGenesis(undefined)).toBe(demoGenesis);
  await writeFile(path, JSON.stringify(file, null, 2));
  expect((await loadGenesis(path)).hash).toBe(parseGenesis(file).hash);
});

test.each([
  ['what is no JSON', text.slice(1), 'not JSON'],
  ['a field that is there twice', text.replace('{', '{"name":"another",'), 'twice'],
  [
    'a file of too many values',
    text.replace('{', `{"more":[${'0,'.repeat(limits.genesisValues)}0],`),
    'too many values',
  ],
  ['a file that is too long', `${text}${' '.repeat(limits.genesisBytes)}`, 'too long'],
])('%s is refused', async (_what, content, why) => {
  await writeFile(path, content);
  await expect(loadGenesis(path)).rejects.toMatchObject({ code: 'bad-genesis', message: expect.stringContaining(why) });
});

test('a file that is not there is said', async () => {
  await expect(loadGenesis(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-unreadable' });
});

test('as many members as there may be, with the longest names, fit', () => {
  const name = '\u00e9'.repeat(limits.nameBytes / 2);
  const member = { ...file.members[0]!, username: 'u'.repeat(32), name, place: name };
  const escaped = JSON.stringify(Array(limits.membersInGenesis).fill(member), null, 2).replaceAll('\u00e9', '\\u00e9');
  expect(escaped.length + limits.membersInGenesis * 80).toBeLessThan(limits.genesisBytes);
  const miners = Array(limits.membersInGenesis).fill(member.signingKey);
  const whole = JSON.stringify({ ...file, members: Array(limits.membersInGenesis).fill(member), miners });
  // What is held against it is no count.
  expect(() => genesisOfText(whole)).toThrow(/username/);
});
