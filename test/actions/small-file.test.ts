import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openNodeKey, readSmallFile } from '../../src/actions/index.ts';
import { systemRandom, toHex } from '../../src/base/index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carechain-small-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a file up to the bound is read, a longer one is not', async () => {
  const path = join(folder, 'file');
  for (const [length, isRead] of [
    [0, true],
    [9, true],
    [10, true],
    [11, false],
    [5_000, false],
  ] as const) {
    await writeFile(path, 'x'.repeat(length));
    expect(await readSmallFile(path, 10)).toBe(isRead ? 'x'.repeat(length) : null);
  }
  await expect(readSmallFile(join(folder, 'none'), 10)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('what has no end is not read for ever', async () => {
  expect(await readSmallFile('/dev/zero', 1_000)).toBe(null);
});

test('a node key behind which something follows is damaged', async () => {
  const seed = toHex(systemRandom.bytes(32));
  for (const text of [`${seed}\n${' '.repeat(2_000)}`, `${seed}\n\nmore\n`]) {
    await writeFile(join(folder, 'node-key'), text);
    await expect(openNodeKey(folder, systemRandom)).rejects.toMatchObject({ code: 'folder-damaged' });
  }
});
