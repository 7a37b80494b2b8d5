/**
 * A line into words. Blanks part words; `'…'` is literal; `"…"` knows \", \\ and \n. A quote opens only where a word
 * begins, after `--option=`, or right after another quote closed: so the name O'Brien needs no quotes.
 */
import { isStreamSafe } from '../base/index.ts';

export interface Word {
  readonly text: string;
  /** Begins with a quote, and so is never taken for an option. */
  readonly quoted: boolean;
}

export type Words =
  | { readonly ok: true; readonly words: readonly Word[] }
  | { readonly ok: false; readonly what: string };

const escapes: Readonly<Record<string, string>> = { '"': '"', '\\': '\\', n: '\n' };

export function splitWords(line: string): Words {
  if (!isStreamSafe(line)) return { ok: false, what: 'The line has more than 30 combining marks in a row.' };
  const words: Word[] = [];
  let at = 0;
  for (;;) {
    while (isBlank(line[at])) at++;
    if (at >= line.length) return { ok: true, words };
    const begin = at;
    const valueBegins = endOfOptionName(line, begin);
    let text = '';
    while (at < line.length && !isBlank(line[at])) {
      const character = line[at]!;
      if (isQuote(character) && mayOpen(line, begin, at, valueBegins)) {
        const quote = readQuote(line, at);
        if (!quote) return { ok: false, what: `The quote ${character} at character ${at + 1} is not closed.` };
        text += quote.text;
        at = quote.end;
        continue;
      }
      text += character;
      at++;
    }
    // Text is in normalization form C everywhere inside; this is the edge that makes it so.
    words.push({ text: text.normalize('NFC'), quoted: line[begin] === '"' || line[begin] === "'" });
  }
}

/** Blank lines, and lines that start with `#`, are comments and get no answer. */
export function isComment(line: string): boolean {
  return /^[ \t\r]*$/.test(line) || line.startsWith('#');
}

function mayOpen(line: string, begin: number, at: number, valueBegins: number): boolean {
  if (at === begin || at === valueBegins) return true;
  return isQuote(line[begin]) && at - begin > 1 && isQuote(line[at - 1]);
}

/** Where the value of `--option=value` begins; −1 where the word at `begin` is none. Looked for once a word, not once a quote. */
function endOfOptionName(line: string, begin: number): number {
  const option = /--[A-Za-z0-9_-]+=/y;
  option.lastIndex = begin;
  return option.test(line) ? option.lastIndex : -1;
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'";
}

/** From the opening quote on; null where it is never closed. `end` is the place after the closing one. */
function readQuote(line: string, open: number): { text: string; end: number } | null {
  const quote = line[open]!;
  let text = '';
  for (let at = open + 1; at < line.length; at++) {
    const character = line[at]!;
    if (character === quote) return { text, end: at + 1 };
    const escaped = quote === '"' && character === '\\' ? escapes[line[at + 1] ?? ''] : undefined;
    if (escaped === undefined) text += character;
    else {
      text += escaped;
      at++;
    }
  }
  return null;
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t';
}
