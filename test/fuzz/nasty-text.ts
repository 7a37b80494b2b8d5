/** Text that programs stumble over. */

/** Two marks that Unicode sorts by class: a run of them in the wrong order is work for whoever normalizes it. */
export function combiningMarks(length: number): string {
  return `a${'\u0315\u0300'.repeat(Math.ceil(length / 4))}`;
}

export const nastyTexts: readonly string[] = [
  ...['', ' ', '\0', '\n', '\r\n', '\t', '"', "'", '\\', ',', '=', '-', '--', '#', '/', ':', '{', '[', '}', ']', '%00'],
  ...['__proto__', 'constructor', 'prototype', 'hasOwnProperty', 'toString', 'valueOf', 'then', 'asCID', '/', 'length'],
  // Not in normalization form C; in it; a letter that NFC makes longer; letters that NFC replaces.
  ...['e\u0301', '\u00e9', '\u0958', '\u212b', '\uf900', combiningMarks(64), '\u1100\u1161\u11a8'],
  // Controls, a turned line, zero width, a byte order mark, line separators.
  ...['\u001b[2J', '\u202ebmil', '\u200b', '\ufeff', '\u2028', '\u0085', '\u007f', '\u{e0001}'],
  ...['0', '-0', '-1', '1.5', '1e3', '1e400', '0x10', '9007199254740991', '9007199254740993', '18446744073709551616'],
  ...['NaN', 'Infinity', 'null', 'true', 'undefined', '1970-01-01', '2026-02-30', '275760-09-13T00:00:00.001Z'],
  ...['\u{1f468}\u200d\u{1f469}', 'İ', 'ß', 'ﬁ', '𝟙', 'x'.repeat(33), 'x'.repeat(65), 'x'.repeat(201)],
];

/** Bytes that are no UTF-8, or were once: overlong, a lone surrogate, beyond the last character, cut short. */
export const brokenUtf8: readonly Uint8Array[] = [
  [0x80],
  [0xc0, 0x80],
  [0xc3],
  [0xe0, 0x80, 0xaf],
  [0xed, 0xa0, 0x80],
  [0xed, 0xb0, 0x80],
  [0xef, 0xbb, 0xbf],
  [0xf0, 0x80, 0x80, 0xaf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xff, 0xfe],
].map((bytes) => Uint8Array.from(bytes));
