/**
 * JSON that says a key twice. A parser takes the last one, a person reads the first: what two readers read differently is
 * not readable, and no chain that was exported says anything twice.
 */

/** A string, and the colon after it where it is a key. Nothing outside of strings holds a quotation mark. */
const strings = /"(?:[^"\\]|\\.)*"\s*(:)?/g;

/** @param value what `text` is, parsed. */
export function saysAKeyTwice(text: string, value: unknown): boolean {
  let written = 0;
  for (const [, colon] of text.matchAll(strings)) if (colon !== undefined) written += 1;
  return written !== countKeys(value);
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside = Object.values(value).reduce((sum: number, each) => sum + countKeys(each), 0);
  return Array.isArray(value) ? inside : inside + Object.keys(value).length;
}
