/** An export onto a disk that has room for all of it but the end. */
import { readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeError } from '../../src/base/index.ts';
import { exportChain } from '../../src/cli/one-shot/export.ts';
import { openClinic } from '../actions/clinic.ts';
import { tinyDisk } from '../support/tiny-disk.ts';

const pageBytes = 4_096;

test('an export that the disk takes a part of is said, and leaves no file', async (context) => {
  const disk = await tinyDisk(1);
  if (disk === null) return context.skip('no disk of its own can be mounted here');
  const clinic = await openClinic();
  try {
    for (const name of ['Jane', 'John', 'Joan']) {
      await clinic.user('alice').must('register', { name });
      await clinic.mine();
    }
    const whole = join(clinic.dataDir, 'chain.jsonl');
    await exportChain(clinic.carechain, whole);
    const { size } = await stat(whole);
    await disk.fill();
    const ballast = join(disk.path, 'ballast');
    // The last line goes on into a page that is not there.
    const pages = Math.floor((size - 1) / pageBytes);
    await truncate(ballast, (await stat(ballast)).size - pages * pageBytes);
    const file = join(disk.path, 'chain.jsonl');
    const refusal = await exportChain(clinic.carechain, file).catch(describeError);
    expect(refusal).toMatchObject({ code: 'file-unwritable' });
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
    await disk.makeRoom();
    expect(await exportChain(clinic.carechain, file)).toEqual({ file, blocks: 4, transactions: 3 });
    expect(await readFile(file, 'utf8')).toBe(await readFile(whole, 'utf8'));
  } finally {
    await clinic.close();
    await disk.release();
  }
});
