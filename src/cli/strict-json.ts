/**
 * JSON that says no key twice, of values that are not too many and not too deep inside one another, in maps of few keys. A
 * parser takes the last of two keys, a person reads the first: what two readers read differently is not readable, and
 * nothing that carechain wrote says anything twice.
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

const [quote, comma, colon, backslash] = [0x22, 0x2c, 0x3a, 0x5c];
const [openList, closeList, openMap, closeMap] = [0x5b, 0x5d, 0x7b, 0x7d];

/** How many keys the text says, if it is JSON; null where it says too many values or keys, or too deep ones. */
function countWrittenKeys(text: string, mostValues: number): number | null {
  const { jsonDepth, jsonKeys } = limits;
  let [keys, values, depth] = [0, 0, 0];
  /** Of the map at each depth. */
  const keysIn: number[] = [0];
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case openList:
      case openMap:
        values++;
        depth++;
        keysIn[depth] = 0;
        break;
      case closeList:
      case closeMap:
        depth--;
        // The parser will say that this is no JSON.
        if (depth < 0) return keys;
        break;
      case comma:
        values++;
        break;
      case colon:
        keys++;
        keysIn[depth]! += 1;
        break;
      default:
        continue;
    }
    if (values > mostValues || depth > jsonDepth || keysIn[depth]! > jsonKeys) return null;
  }
  return keys;
}

/** The quotation mark that ends the string which begins at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) return at;
    if (code === backslash) at++;
  }
  return text.length;
}

function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const inside: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  return inside.reduce((sum: number, each) => sum + countKeys(each), inside === value ? 0 : inside.length);
}
