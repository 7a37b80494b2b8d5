import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isDemo, loadKeyFiles, openNodeKey } from '../../src/actions/index.ts';
import { systemRandom, toHex } from '../../src/base/index.ts';
import { demoGenesis, demoGenesisFile, parseGenesis } from '../../src/ledger/index.ts';
import { clinicWorld } from './clinic.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carechain-folder-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the node key is made once, for its owner alone, and kept', async () => {
  const dataDir = join(folder, 'new');
  const seed = await openNodeKey(dataDir, systemRandom);
  const checksum = createHash('sha256').update(seed).digest('hex').slice(0, 8);
  expect(await readFile(join(dataDir, 'node-key'), 'utf8')).toBe(`${toHex(seed)}\n${checksum}\n`);
  expect((await stat(join(dataDir, 'node-key'))).mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['node-key']);
  expect(await openNodeKey(dataDir, systemRandom)).toEqual(seed);
});

test('a damaged node key is said, not replaced', async () => {
  await writeFile(join(folder, 'node-key'), 'abc');
  await expect(openNodeKey(folder, systemRandom)).rejects.toMatchObject({ code: 'folder-damaged' });
  expect(await readFile(join(folder, 'node-key'), 'utf8')).toBe('abc');
});

test('a node key with a bent digit is damaged; one without a checksum, as it used to be, is not', async () => {
  const path = join(folder, 'node-key');
  const seed = await openNodeKey(folder, systemRandom);
  const [digits, checksum] = (await readFile(path, 'utf8')).split('\n') as [string, string];
  const bent = `${digits[0] === '0' ? '1' : '0'}${digits.slice(1)}`;
  for (const text of [`${bent}\n${checksum}\n`, `${digits}\n${checksum.slice(1)}\n`, `${digits.slice(1)}\n`]) {
    await writeFile(path, text);
    await expect(openNodeKey(folder, systemRandom)).rejects.toMatchObject({ code: 'folder-damaged' });
  }
  await writeFile(path, `${digits}\n`);
  expect(await openNodeKey(folder, systemRandom)).toEqual(seed);
});

test('a data folder that is a file is not writable', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(openNodeKey(join(folder, 'file', 'x'), systemRandom)).rejects.toMatchObject({
    code: 'folder-unwritable',
  });
});

test('the demo brings its key files along', async () => {
  expect(isDemo(demoGenesis)).toBe(true);
  expect([...(await loadKeyFiles(demoGenesis, folder)).keys()]).toEqual([
    'dr_alice',
    'lab_tech_bob',
    'pharm_charlie',
    'admin_dana',
  ]);
});

test('another network may not list a key of the demo', async () => {
  const genesis = parseGenesis({ ...demoGenesisFile, name: 'our clinic' });
  await expect(loadKeyFiles(genesis, folder)).rejects.toMatchObject({ code: 'demo-keys-refused' });
});

test('another network reads its key files from the folder; none are none, a damaged one is named', async () => {
  const { genesis } = clinicWorld();
  expect((await loadKeyFiles(genesis, folder)).size).toBe(0);
  await mkdir(join(folder, 'keys'));
  await writeFile(join(folder, 'keys', 'README.txt'), 'no key file');
  expect((await loadKeyFiles(genesis, folder)).size).toBe(0);
  for (const text of ['{', '{"version":1}']) {
    await writeFile(join(folder, 'keys', 'alice.json'), text);
    await expect(loadKeyFiles(genesis, folder)).rejects.toMatchObject({
      code: 'key-file-damaged',
      message: expect.stringContaining('alice.json'),
    });
  }
});
