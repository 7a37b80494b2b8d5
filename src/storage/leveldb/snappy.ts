/** Snappy decompression (google/snappy, format_description.txt): LevelDB compresses the blocks of its tables with it. */
import { ByteCursor } from './byte-cursor.ts';
import { FileDamage } from './file-damage.ts';

/** Three bytes copy 64 at the most, so a few bytes cannot claim the memory of many. */
const mostBytesPerByte = 22;

/** @throws FileDamage */
export function uncompress(compressed: Uint8Array): Uint8Array {
  const from = new ByteCursor(compressed);
  const length = from.varint();
  if (length > compressed.length * mostBytesPerByte) throw new FileDamage('a compressed block claims to be too long');
  const plain = new Uint8Array(length);
  let at = 0;
  while (!from.isAtEnd) {
    const tag = from.byte();
    if ((tag & 3) === 0) {
      const literal = from.take(literalLength(tag >>> 2, from));
      if (at + literal.length > length) throw new FileDamage('a compressed block is longer than it says');
      plain.set(literal, at);
      at += literal.length;
      continue;
    }
    const { copied, back } = copyOf(tag, from);
    if (back === 0 || back > at || at + copied > length) throw new FileDamage('a compressed block copies from nowhere');
    // Byte by byte: what is copied may reach into what it makes, which repeats it.
    for (const end = at + copied; at < end; at++) plain[at] = plain[at - back]!;
  }
  if (at !== length) throw new FileDamage('a compressed block is shorter than it says');
  return plain;
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
