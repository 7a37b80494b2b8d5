/**
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of LevelDB's files. Sixteen tables take sixteen bytes a step,
 * which is several times as fast as one table a byte: start-up reads whole files.
 */
const polynomial = 0x82f63b78;
const bytesAtOnce = 16;
const table = makeTable();

/** @param crc of the bytes before, where a checksum goes on. @returns an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let rest = ~crc;
  let at = 0;
  for (const end = bytes.length - bytesAtOnce; at <= end; at += bytesAtOnce) {
    rest =
      afterWord(rest ^ view.getInt32(at, true), 0xc00) ^
      afterWord(view.getInt32(at + 4, true), 0x800) ^
      afterWord(view.getInt32(at + 8, true), 0x400) ^
      afterWord(view.getInt32(at + 12, true), 0);
  }
  for (; at < bytes.length; at++) rest = (rest >>> 8) ^ table[(rest ^ bytes[at]!) & 0xff]!;
  return ~rest >>> 0;
}

/** What four bytes, the lowest first, do to the rest when as many bytes follow them as `tables` counts tables. */
function afterWord(word: number, tables: number): number {
  return (
    table[tables | 0x300 | (word & 0xff)]! ^
    table[tables | 0x200 | ((word >>> 8) & 0xff)]! ^
    table[tables | 0x100 | ((word >>> 16) & 0xff)]! ^
    table[tables | (word >>> 24)]!
  );
}

/** The form in which LevelDB stores a checksum, so that the checksum of bytes that hold checksums is no trivial one. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** The tables in a row: what a byte does to the rest when `n` zero bytes follow it stands from 256 n on. */
function makeTable(): Int32Array {
  const made = new Int32Array(bytesAtOnce * 256);
  for (let byte = 0; byte < 256; byte++) {
    let rest = byte;
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ polynomial : rest >>> 1;
    made[byte] = rest;
  }
  for (let at = 256; at < made.length; at++) {
    const rest = made[at - 256]!;
    made[at] = (rest >>> 8) ^ made[rest & 0xff]!;
  }
  return made;
}
