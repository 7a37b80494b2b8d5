/** Lines as people and spreadsheets write them, bent word by word and character by character. */
import { utf8ToBytes } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import { combiningMarks, nastyTexts } from './nasty-text.ts';

const separators = [' ', '  ', '\t', '\n', '\r\n', ',', ';', '=', ':', '"', "'", '/', '\\', '--', '#'] as const;

/** One to five mutations. `words` are those of the decoder's own language. */
export function bendText(bytes: Uint8Array, chance: Chance, words: readonly string[]): Uint8Array {
  let text = Buffer.from(bytes).toString('utf8');
  for (let left = chance.between(1, 5); left > 0; left--) text = bendOnce(text, chance, words);
  return utf8ToBytes(text);
}

function bendOnce(text: string, chance: Chance, words: readonly string[]): string {
  const at = chance.below(text.length + 1);
  const [head, tail] = [text.slice(0, at), text.slice(at)];
  switch (chance.below(8)) {
    case 0:
      return head + chance.pick(nastyTexts) + tail;
    case 1:
      return head + chance.pick(separators) + tail;
    case 2:
      return words.length === 0 ? text : head + chance.pick(separators) + chance.pick(words) + tail;
    case 3:
      return head + tail.slice(chance.between(1, 10));
    case 4:
      return head + chance.pick(separators).repeat(chance.pick([2, 10, 100])) + tail;
    case 5:
      return head + tail.slice(0, 20).repeat(chance.pick([2, 10])) + tail;
    case 6:
      return head + String.fromCharCode(chance.below(0x3000)) + tail.slice(1);
    default:
      return chance.happens(0.05) ? head + combiningMarks(chance.below(2_000)) + tail : tail + head;
  }
}
