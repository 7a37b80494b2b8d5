/**
 * What kind of memory a process holds, by how it was reserved (Linux, /proc/<pid>/smaps): glibc keeps its first heap where
 * the program ends and each further one, an arena, in 64 MiB of its own that begin at a multiple of that; V8 reserves its
 * pages at multiples of 256 KiB. Only memory that is no file's is counted.
 */
export interface MemoryKinds {
  /** Of the allocator: LevelDB, libuv, buffers, and what they have given back to it and not it to the system. */
  readonly nativeBytes: number;
  /** Pages of V8, full or not. */
  readonly v8Bytes: number;
}

interface Region {
  readonly start: number;
  readonly end: number;
  readonly access: string;
  readonly name: string;
  anonymousBytes: number;
}

const arenaBytes = 64 * 1_048_576;
const v8PageBytes = 256 * 1_024;

export function memoryKinds(smaps: string): MemoryKinds {
  const regions = regionsOf(smaps);
  let nativeBytes = 0;
  let v8Bytes = 0;
  for (const [index, region] of regions.entries()) {
    if (region.name === '[heap]' || isArena(region, regions[index + 1])) nativeBytes += region.anonymousBytes;
    else if (isNameless(region) && region.start % v8PageBytes === 0) v8Bytes += region.anonymousBytes;
  }
  return { nativeBytes, v8Bytes };
}

function regionsOf(smaps: string): Region[] {
  const regions: Region[] = [];
  for (const line of smaps.split('\n')) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (head !== null) {
      const [, start, end, access, name] = head as unknown as [string, string, string, string, string];
      const place = { start: Number.parseInt(start, 16), end: Number.parseInt(end, 16) };
      regions.push({ ...place, access, name: name.trim(), anonymousBytes: 0 });
    }
    const anonymous = /^Anonymous:\s+(\d+) kB/.exec(line)?.[1];
    if (anonymous !== undefined) regions.at(-1)!.anonymousBytes = Number(anonymous) * 1_024;
  }
  return regions;
}

/** What an arena does not use yet follows it, up to its end, and may not be touched. */
function isArena(region: Region, next: Region | undefined): boolean {
  if (!isNameless(region) || region.start % arenaBytes !== 0 || !region.access.startsWith('rw')) return false;
  const end = region.start + arenaBytes;
  if (region.end === end) return true;
  if (next === undefined) return false;
  return next.access.startsWith('---') && next.start === region.end && next.end === end;
}

function isNameless({ name }: Region): boolean {
  return name === '' || name.startsWith('[anon');
}
