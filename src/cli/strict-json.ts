/**
 * JSON that says no key twice, of values that are not too many and not too deep inside one another. A parser takes the last
 * of two keys, a person reads the first: what two readers read differently is not readable, and nothing that carechain
 * wrote says anything twice.
 *
 * A file may be long, and whoever wrote it may mean harm: 16 MB of brackets took a parser 1.5 GB and seconds. So values are
 * counted before anything is built, in one pass.
 */
import { limits } from '../base/index.ts';

export type StrictJson =
  | { readonly problem: null; readonly value: unknown }
  | { readonly problem: 'no-json' }
  | { readonly problem: 'too-many-values' }
  | { readonly problem: 'key-twice' };

export function readStrictJson(text: string, mostValues: number = limits.jsonValues): StrictJson {
  const keys = countWrittenKeys(text, mostValues);
  if (keys === null) return { problem: 'too-many-values' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return { problem: 'no-json' };
    throw error;
  }
  return keys === countKeys(value) ? { problem: null, value } : { problem: 'key-twice' };
}

/** How many keys the text says, if it is JSON; null where it says too many values, or too deep ones. */
function countWrittenKeys(text: string, mostValues: number): number | null {
  let [keys, values, depth] = [0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    switch (text[at]) {
      case '"':
        at = endOfString(text, at);
        break;
      case '[':
      case '{':
        values++;
        depth++;
        break;
      case ']':
      case '}':
        depth--;
        break;
      case ',':
        values++;
        break;
      case ':':
        keys++;
        break;
    }
    if (values > mostValues || depth > limits.jsonDepth) return null;
  }
  return keys;
}

/** The quotation mark that ends the string which begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at++;
  }
  return text.length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inside.reduce((sum: number, each) => sum + countKeys(each), inside === value ? 0 : inside.length);
}
