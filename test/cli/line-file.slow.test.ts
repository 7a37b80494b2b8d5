import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openLineFile } from '../../src/cli/line-file.ts';
import { tinyDisk } from '../support/tiny-disk.ts';

test('a full disk costs the lines of that time, which are counted, and nothing else', async () => {
  const disk = await tinyDisk(2);
  if (disk === null) return;
  onTestFinished(() => disk.release());
  const path = join(disk.path, 'log');
  const file = openLineFile(path, { mostBytes: 100_000, olderFiles: 1 }, (lines) => `${JSON.stringify({ lines })}\n`);
  let count = 0;
  const write = (lines: number) => {
    for (let line = 0; line < lines; line++)
      file.write(`${JSON.stringify({ count: count++, text: 'x'.repeat(100) })}\n`);
  };
  write(100);
  await disk.fill();
  write(200);
  await disk.makeRoom();
  write(100);
  file.close();

  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  // The last one that was begun on the full disk may be cut off, and is counted as missing.
  const whole = lines.filter((line) => line.endsWith('}')).map((line) => JSON.parse(line) as Record<string, number>);
  expect(lines.length - whole.length).toBeLessThanOrEqual(1);
  const missing = whole.find((line) => 'lines' in line)!.lines!;
  expect(missing).toBeGreaterThan(100);
  const counts = whole.flatMap((line) => (line.count === undefined ? [] : [line.count]));
  expect(counts.length + missing).toBe(400);
  expect(counts.slice(-100)).toEqual(Array.from({ length: 100 }, (_, index) => 300 + index));
});
