/** Bytes into lines, whatever the chunks. A line longer than the limit is dropped to its newline, and never kept. */
import { limits } from '../base/index.ts';

export type ByteLine =
  | { readonly number: number; readonly problem: null; readonly text: string }
  | { readonly number: number; readonly problem: 'line-too-long' | 'not-utf-8' };

const lineFeed = 0x0a;

export class ByteLines {
  readonly #most: number;
  #parts: Uint8Array[] = [];
  #length = 0;
  #count = 0;

  constructor(most: number = limits.lineBytes) {
    this.#most = most;
  }

  /** The lines that `chunk` completes. */
  *push(chunk: Uint8Array): Generator<ByteLine> {
    let begin = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, begin)) {
      yield this.#take(chunk.subarray(begin, end));
      begin = end + 1;
    }
    this.#keep(chunk.subarray(begin));
  }

  /** A last line without a newline. */
  *end(): Generator<ByteLine> {
    if (this.#length > 0) yield this.#take(new Uint8Array(0));
  }

  #keep(part: Uint8Array): void {
    this.#length += part.length;
    if (this.#length > this.#most + 1) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part.slice());
  }

  /** The line of which `last` is the end. Most lines lie within one chunk, and are not copied. */
  #take(last: Uint8Array): ByteLine {
    const bytes = this.#length === 0 ? last : Buffer.concat([...this.#parts, last]);
    const length = this.#length + last.length;
    const endsInReturn = length === bytes.length && bytes.at(-1) === 0x0d;
    this.#parts = [];
    this.#length = 0;
    const number = ++this.#count;
    if (length - (endsInReturn ? 1 : 0) > this.#most) return { number, problem: 'line-too-long' };
    const text = decodeUtf8(endsInReturn ? bytes.subarray(0, -1) : bytes);
    return text === null ? { number, problem: 'not-utf-8' } : { number, problem: null, text };
  }
}

/** One for all lines: to make one costs more than to read a line. It keeps nothing from one to the next. */
const utf8 = new TextDecoder('utf-8', { fatal: true });

function decodeUtf8(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return '';
  try {
    return utf8.decode(bytes);
  } catch {
    // The one thing that it throws: these bytes are not UTF-8.
    return null;
  }
}
