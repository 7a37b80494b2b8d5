import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRegistryCsv, type RegistryCsv, type RegistryRow, registryRows } from '../../src/actions/index.ts';
import { limits, systemClock, systemRandom } from '../../src/base/index.ts';
import { patientIdFrom } from '../support/ledger.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carechain-csv-'));
  path = join(folder, 'patient_registry.csv');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(): RegistryCsv {
  return openRegistryCsv(path, { clock: systemClock, random: systemRandom });
}

function rowNamed(name: string): RegistryRow {
  return { patientId: patientIdFrom(name), name, registeredBy: 'dr_alice', timestamp: '2026-01-05T09:30:00.000Z' };
}

test('a file that is not there has no rows', async () => {
  expect(await open().rows()).toEqual([]);
});

test('a new file gets the header once, and is for its owner alone', async () => {
  await open().append(rowNamed('Jane Doe'));
  await open().append(rowNamed('John Doe'));
  const lines = (await readFile(path, 'utf8')).split('\r\n');
  expect(lines[0]).toBe('patient_id,name,registered_by,timestamp');
  expect(lines[1]).toBe(`${patientIdFrom('Jane Doe')},Jane Doe,dr_alice,2026-01-05T09:30:00.000Z`);
  expect(lines).toHaveLength(4);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(folder)).toEqual(['patient_registry.csv']);
});

const awkward = [
  '=HYPERLINK("http://x")',
  '+1',
  '-1',
  '@SUM(A1)',
  "'=1",
  "O'Brien",
  "'quoted'",
  'Doe, Jane',
  'Jane "JD" Doe',
  'two\nlines',
  'two\r\nlines',
  '\ttab',
  'Zoë Müller',
  ' padded ',
];

test.each(awkward)('%j comes back as it was', async (name) => {
  await open().append(rowNamed(name));
  await open().append(rowNamed('next'));
  expect(await open().rows()).toEqual([rowNamed(name), rowNamed('next')]);
});

test.each(['=1+1', '+1', '-1', '@x', '\tx', '\rx'])('%j is no formula in a spreadsheet', async (name) => {
  await open().append(rowNamed(name));
  const text = await readFile(path, 'utf8');
  expect(text).toContain(`'${name}`);
});

test('a file without a line end at its end is ended first', async () => {
  await writeFile(path, '\ufeffpatient_id,name,registered_by,timestamp\nx,Old,dr_alice,then');
  await open().append(rowNamed('New'));
  expect((await open().rows()).map(({ name }) => name)).toEqual(['Old', 'New']);
});

test('a row that a loss of power has torn takes no other with it, wherever it was torn', async () => {
  for (const name of ['Doe, Jane', 'Jane Doe']) {
    await rm(path, { force: true });
    await open().append(rowNamed('Old'));
    const { size } = await stat(path);
    await open().append(rowNamed(name));
    const whole = await readFile(path);
    for (let end = size + 1; end < whole.length; end++) {
      await writeFile(path, whole.subarray(0, end));
      expect((await open().rows())[0]).toEqual(rowNamed('Old'));
      for (const next of ['Next', 'Last']) await open().append(rowNamed(next));
      const rows = await open().rows();
      expect([rows[0], ...rows.slice(-2)]).toEqual(['Old', 'Next', 'Last'].map(rowNamed));
      const [torn] = rows.slice(1, -2);
      if (name.includes(',')) expect(['', name]).toContain(torn?.name ?? '');
    }
  }
});

test('what was torn within quotes is kept beside the file', async () => {
  await open().append(rowNamed('Old'));
  const whole = await readFile(path);
  await writeFile(path, Buffer.concat([whole, Buffer.from('x,"Doe, Ja')]));
  await open().append(rowNamed('New'));
  expect(await open().rows()).toEqual(['Old', 'New'].map(rowNamed));
  expect(await readFile(`${path}.torn`, 'utf8')).toBe('x,"Doe, Ja\n');
  expect((await stat(`${path}.torn`)).mode & 0o777).toBe(0o600);
});

test.each(['patient_id,name\n"never closed\nx', 'patient_id,name\rx,"never closed'])(
  'a file that cannot be read is left as it is, but for the new row: %j',
  async (text) => {
    await writeFile(path, text);
    await open().append(rowNamed('New'));
    expect((await readFile(path, 'utf8')).startsWith(`${text}\r\n`)).toBe(true);
  },
);

test('line ends may differ from row to row, as when an editor and this program write in turn', async () => {
  const row = (name: string) => `${patientIdFrom(name)},${name},dr_alice,2026-01-05T09:30:00.000Z`;
  await writeFile(path, `${row('a')}\r\n${row('b')}\n${row('c')}\r${row('d')}\n`);
  await open().append({ ...rowNamed('e'), timestamp: '2026-01-05T09:30:00.000Z' });
  expect((await open().rows()).map(({ name, timestamp }) => [name, timestamp.length])).toEqual(
    ['a', 'b', 'c', 'd', 'e'].map((name) => [name, 24]),
  );
});

test('a long file is read whole, wherever its pieces end; one that is too long is written and not read', async () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => `${patientIdFrom(String(index))},"Zoë ""${index}""",x,y`);
  await writeFile(path, `patient_id,name,registered_by,timestamp\r\n${rows.join('\r\n')}\r\n`);
  const read = await open().rows();
  expect(read.map(({ name }) => name)).toEqual(rows.map((_, index) => `Zoë "${index}"`));

  await truncate(path, limits.registryBytes + 1);
  const before = (await stat(path)).size;
  await expect(open().rows()).rejects.toMatchObject({
    code: 'registry-too-large',
    message: expect.stringContaining('Move its oldest rows'),
  });
  await open().append(rowNamed('Jane'));
  expect((await stat(path)).size).toBeGreaterThan(before);
});

test('whatever the pieces, the rows are the same', async () => {
  const lines = ['patient_id,name', 'a,"Zoë ""Z"", two\r\nlines"', 'b,"x"y', '', "c,'=1", 'd,\u{1f468}'];
  for (const lineEnd of ['\r\n', '\n', '\r']) {
    const bytes = Buffer.from(`\ufeff${lines.join(lineEnd)}`);
    const whole = await registryRows([bytes]);
    expect(whole.map(({ name }) => name)).toEqual(['Zoë "Z", two\r\nlines', expect.any(String), '=1', '\u{1f468}']);
    for (const size of [1, 2, 3, 7]) {
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
      expect(await registryRows(pieces)).toEqual(whole);
    }
  }
});

test('what is no such file is refused in words', async () => {
  const text = 'patient_id,name\n"never closed\nx';
  await writeFile(path, text);
  await expect(open().rows()).rejects.toMatchObject({ code: 'file-unreadable' });
  await expect(openRegistryCsv(folder, { clock: systemClock, random: systemRandom }).rows()).rejects.toMatchObject({
    code: 'file-unreadable',
  });
});

test('many writers at once lose and tear nothing', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `Patient ${index}, "x"`);
  await Promise.all(names.map((name) => open().append(rowNamed(name))));
  const rows = await open().rows();
  expect(rows.map(({ name }) => name).sort()).toEqual([...names].sort());
  expect((await readFile(path, 'utf8')).match(/patient_id/g)).toHaveLength(1);
  expect(await readdir(folder)).toEqual(['patient_registry.csv']);
});

test('the lock of a process that is gone does not hold, also when many find it', async () => {
  await writeFile(`${path}.lock`, '2147483646 0000000000000000\n');
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => open().append(rowNamed(name))));
  expect((await open().rows()).map(({ name }) => name).sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
  expect(await readdir(folder)).toEqual(['patient_registry.csv']);
});

test('the lock of a process that runs is waited for, and not for ever', async () => {
  await writeFile(`${path}.lock`, `${process.pid} 0000000000000000\n`);
  let now = 0;
  const clock = {
    now: () => now,
    after(delayMs: number, run: () => void) {
      now += delayMs;
      setImmediate(run);
      return { cancel() {} };
    },
  };
  const csv = openRegistryCsv(path, { clock, random: systemRandom });
  await expect(csv.append(rowNamed('Jane'))).rejects.toMatchObject({ code: 'file-unwritable' });
  expect(now).toBeGreaterThan(4_000);
  expect(await readdir(folder)).toEqual(['patient_registry.csv.lock']);
});

test('a folder that is not there is an error in words', async () => {
  const csv = openRegistryCsv(join(folder, 'none', 'x.csv'), { clock: systemClock, random: systemRandom });
  await expect(csv.append(rowNamed('Jane'))).rejects.toMatchObject({ code: 'file-unwritable' });
});

test('the example in the package is read', async () => {
  const example = new URL('../../patient_registry.csv.example', import.meta.url).pathname;
  const rows = await openRegistryCsv(example, { clock: systemClock, random: systemRandom }).rows();
  expect(rows.map(({ name }) => name)).toEqual(['Jane Doe', 'Doe, John "Jack"']);
});
