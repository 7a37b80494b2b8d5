/**
 * CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of LevelDB's files. Eight tables take eight bytes a step,
 * which is several times as fast as one table a byte: start-up reads whole files.
 */
const polynomial = 0x82f63b78;
const table = makeTable();

/** @param crc of the bytes before, where a checksum goes on. @returns an unsigned 32-bit integer. */
export function crc32c(bytes: Uint8Array, crc = 0): number {
  let rest = ~crc;
  let at = 0;
  for (const end = bytes.length - 7; at < end; at += 8) {
    const four = rest ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
    rest =
      table[0x700 | (four & 0xff)]! ^
      table[0x600 | ((four >>> 8) & 0xff)]! ^
      table[0x500 | ((four >>> 16) & 0xff)]! ^
      table[0x400 | (four >>> 24)]! ^
      table[0x300 | bytes[at + 4]!]! ^
      table[0x200 | bytes[at + 5]!]! ^
      table[0x100 | bytes[at + 6]!]! ^
      table[bytes[at + 7]!]!;
  }
  for (; at < bytes.length; at++) rest = (rest >>> 8) ^ table[(rest ^ bytes[at]!) & 0xff]!;
  return ~rest >>> 0;
}

/** The form in which LevelDB stores a checksum, so that the checksum of bytes that hold checksums is no trivial one. */
export function masked(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** Eight tables in a row: what a byte does to the rest when `n` zero bytes follow it stands from 256 n on. */
function makeTable(): Int32Array {
  const made = new Int32Array(8 * 256);
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
