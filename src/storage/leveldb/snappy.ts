/** Snappy decompression (google/snappy, format_description.txt): LevelDB compresses the blocks of its tables with it. */
import { ByteCursor } from './byte-cursor.ts';
import { FileDamage } from './file-damage.ts';

/** Three bytes copy 64 at the most, so a few bytes cannot claim the memory of many. */
const mostBytesPerByte = 22;

export interface Unpacked {
  readonly bytes: Uint8Array;
  /** The first thing that does not fit, if any. */
  readonly damage: string | null;
}

/** @throws FileDamage */
export function uncompress(compressed: Uint8Array): Uint8Array {
  const { bytes, damage } = unpack(compressed);
  if (damage !== null) throw new FileDamage(damage);
  return bytes;
}

/**
 * As much as can be unpacked of what may be bent. Copies say how far back they reach and not where to, so what follows a bent
 * length is mostly as it was, in another place. A copy from nowhere leaves zeros.
 */
export function unpack(compressed: Uint8Array): Unpacked {
  const from = new ByteCursor(compressed);
  const room = compressed.length * mostBytesPerByte;
  let plain = new Uint8Array(0);
  let at = 0;
  let damage: string | null = null;
  const makeRoom = (added: number) => {
    if (at + added <= plain.length) return;
    damage ??= 'a compressed block is longer than it says';
    if (at + added > room) throw new FileDamage('a compressed block has no end');
    const longer = new Uint8Array(Math.min(room, 2 * (at + added)));
    longer.set(plain);
    plain = longer;
  };
  try {
    const length = from.varint();
    if (length <= room) plain = new Uint8Array(length);
    else damage = 'a compressed block claims to be too long';
    while (!from.isAtEnd) {
      const tag = from.byte();
      if ((tag & 3) === 0) {
        const literal = from.take(literalLength(tag >>> 2, from));
        makeRoom(literal.length);
        plain.set(literal, at);
        at += literal.length;
        continue;
      }
      const { copied, back } = copyOf(tag, from);
      makeRoom(copied);
      const isFromNowhere = back === 0 || back > at;
      if (isFromNowhere) damage ??= 'a compressed block copies from nowhere';
      // Byte by byte: what is copied may reach into what it makes, which repeats it.
      for (const end = at + copied; at < end; at++) plain[at] = isFromNowhere ? 0 : plain[at - back]!;
    }
    if (at !== length) damage ??= 'a compressed block is shorter than it says';
  } catch (error) {
    if (!(error instanceof FileDamage)) throw error;
    damage ??= error.message;
  }
  return { bytes: plain.subarray(0, at), damage };
}

/** Lengths up to 60 stand in the tag; 60 to 63 there say in how many bytes the length less one follows. */
function literalLength(inTag: number, from: ByteCursor): number {
  if (inTag < 60) return inTag + 1;
  let length = 0;
  for (let n = 0; n < inTag - 59; n++) length += from.byte() * 2 ** (8 * n);
  return length + 1;
}

function copyOf(tag: number, from: ByteCursor): { copied: number; back: number } {
  if ((tag & 3) === 1) return { copied: 4 + ((tag >>> 2) & 7), back: ((tag >>> 5) << 8) | from.byte() };
  const copied = (tag >>> 2) + 1;
  return (tag & 3) === 2 ? { copied, back: from.byte() | (from.byte() << 8) } : { copied, back: from.uint32() };
}
