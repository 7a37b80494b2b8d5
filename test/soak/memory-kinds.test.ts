import { expect, test } from 'vitest';
import { memoryKinds } from './memory-kinds.ts';

/** A region as smaps tells it, in kB. */
function region(start: number, end: number, access: string, name: string, anonymous: number): string {
  const place = `${start.toString(16)}-${end.toString(16)} ${access} 00000000 00:00 0`;
  return `${place}${name === '' ? ' ' : `          ${name}`}\nSize: 4 kB\nRss: 9999 kB\nAnonymous: ${anonymous} kB\nVmFlags: rd wr\n`;
}

const megabyte = 1_048_576;
const arena = 0x7f00_0000_0000;

test('the heap and the arenas are native, pages at multiples of 256 KiB are of V8, and all else is neither', () => {
  const smaps = [
    region(0x40_0000, 0x50_0000, 'r-xp', '/usr/bin/node', 3),
    region(0x51_2000, 0x61_2000, 'rw-p', '[heap]', 100),
    region(0x1000_0000, 0x1004_0000, 'rw-p', '', 200),
    region(0x1010_0000, 0x1030_0000, 'rw-p', '[anon:v8]', 1_000),
    region(arena, arena + megabyte, 'rw-p', '', 10),
    region(arena + megabyte, arena + 64 * megabyte, '---p', '', 0),
    region(arena + 64 * megabyte, arena + 128 * megabyte, 'rw-p', '', 20),
    region(arena + 129 * megabyte + 0x1000, arena + 130 * megabyte, 'rw-p', '', 7),
    region(0x7fff_0000_0000, 0x7fff_0002_1000, 'rw-p', '[stack]', 9),
  ].join('');
  expect(memoryKinds(smaps)).toEqual({ nativeBytes: 130 * 1_024, v8Bytes: 1_200 * 1_024 });
});
