/** The registry file on a disk that takes the beginning of a row and no more. */
import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openRegistryCsv } from '../../src/actions/index.ts';
import { systemClock, systemRandom } from '../../src/base/index.ts';
import { tinyDisk } from '../support/tiny-disk.ts';

const pageBytes = 4_096;

test('a row of which only a part fits on the disk is taken back', async (context) => {
  const disk = await tinyDisk(1);
  if (disk === null) return context.skip('no disk of its own can be mounted here');
  try {
    const path = join(disk.path, 'patient_registry.csv');
    const csv = openRegistryCsv(path, { clock: systemClock, random: systemRandom });
    const rowOf = (name: string) => ({ patientId: 'x', name, registeredBy: 'dr_alice', timestamp: 'now' });
    const head = 'patient_id,name,registered_by,timestamp\r\n';
    // Twenty bytes are left of its page.
    const before = `${head.padEnd(pageBytes - 22, 'x')}\r\n`;
    await writeFile(path, before);
    await disk.fill();
    // A page is free, which the lock takes.
    const ballast = join(disk.path, 'ballast');
    await truncate(ballast, (await stat(ballast)).size - pageBytes);
    await expect(csv.append(rowOf('Doe, Jane, of a long name'))).rejects.toMatchObject({
      code: 'file-unwritable',
      facts: { reason: 'ENOSPC' },
    });
    expect(await readFile(path, 'utf8')).toBe(before);
    await disk.makeRoom();
    await csv.append(rowOf('Doe, Jane'));
    expect((await csv.rows()).at(-1)).toEqual(rowOf('Doe, Jane'));
  } finally {
    await disk.release();
  }
});
