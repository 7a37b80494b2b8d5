/** Text that came from a person or a peer. */

const hidden =
  // C0, DEL and C1 controls; bidirectional overrides and isolates; zero-width characters; line and paragraph separators.
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** `text` with every character that could move a cursor, colour a screen or turn a line around made visible as `\u{…}`. */
export function escapeControls(text: string): string {
  return text.replace(hidden, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

/** Like {@link escapeControls}, but keeps line feeds. */
export function escapeControlsExceptLineFeed(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

/** Whether `text` has none of the characters that {@link escapeControls} would escape. */
export function isPrintable(text: string): boolean {
  return text.search(hidden) === -1;
}

/**
 * Whether at most 30 combining marks follow one another, as in the Stream-Safe Text Format of UAX #15. Normalizing sorts such
 * a run, which takes the square of its length: of the longest line that is read, several seconds.
 */
export function isStreamSafe(text: string): boolean {
  return !/\p{M}{31}/u.test(text);
}

/** Whether `text` is in Unicode normalization form C and has no lone surrogate. */
export function isCanonicalText(text: string): boolean {
  return text.isWellFormed() && text.normalize('NFC') === text;
}
