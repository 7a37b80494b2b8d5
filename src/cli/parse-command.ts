/** The words after a command's name into the raw input of its action. What is missing, the action itself says. */
import { type Action, failure, type Outcome, type RawInput } from '../actions/index.ts';
import { escapeControls } from '../base/index.ts';
import type { Word } from './words.ts';

type Parsed = Outcome<RawInput>;

export function parseCommand(words: readonly Word[], action: Action): Parsed {
  const input: Record<string, unknown> = {};
  const bare: string[] = [];
  let optionsEnded = false;
  for (let at = 0; at < words.length; at++) {
    const { text, quoted } = words[at]!;
    if (optionsEnded || quoted || !text.startsWith('--')) bare.push(text);
    else if (text === '--') optionsEnded = true;
    else {
      const [name, attached] = splitOption(text);
      const key = camelCase(name);
      if (!Object.hasOwn(action.input.shape, key))
        return invalid(`${action.name} takes no option ${show(name)}.`, action);
      if (Object.hasOwn(input, key)) return invalid(`${show(name)} is given twice.`, action);
      if (attached !== null) input[key] = attached;
      else if (isFlag(action, key)) input[key] = true;
      else {
        const next = words[at + 1];
        if (!next || isOption(next)) {
          return failure('missing-argument', { what: `${show(name)} needs a value. Usage: ${action.usage}.` });
        }
        input[key] = next.text;
        at++;
      }
    }
  }
  return placeBare(bare, input, action);
}

/** Whether an input is a flag, which takes no word after it. */
export function isFlag({ input }: Action, key: string): boolean {
  return Object.hasOwn(input.shape, key) && input.shape[key]!.safeParse(true).success;
}

/** `orderTest` as it is typed: `--order-test`. */
export function dashed(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Hyphen and underscore are the same in the name of a command. */
export function commandName(word: string): string {
  return word.toLowerCase().replaceAll('-', '_');
}

function placeBare(bare: readonly string[], input: Record<string, unknown>, action: Action): Parsed {
  const { positional, rest } = action;
  const open = positional.filter((key) => !Object.hasOwn(input, key));
  for (const [index, key] of open.entries()) {
    const word = bare[index];
    if (word !== undefined) input[key] = word;
  }
  const left = bare.slice(open.length);
  if (left.length === 0) return { ok: true, result: input };
  if (rest === undefined) return invalid(`${action.name} does not take the word ${show(left[0]!)}.`, action);
  if (Object.hasOwn(input, rest)) return invalid(`${dashed(rest)} is given twice.`, action);
  input[rest] = left.join(' ');
  return { ok: true, result: input };
}

function splitOption(text: string): [name: string, attached: string | null] {
  const equals = text.indexOf('=');
  return equals === -1 ? [text, null] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** A negative number is a value; two hyphens begin an option. */
function isOption({ text, quoted }: Word): boolean {
  return !quoted && text.startsWith('--');
}

function camelCase(option: string): string {
  return option.slice(2).replace(/[-_]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function invalid(what: string, { usage }: Action): Parsed {
  return failure('invalid-argument', { what: `${what} Usage: ${usage}.` });
}

/** What was typed, as far as an answer repeats it. */
export function show(typed: string): string {
  const escaped = escapeControls(typed);
  return escaped.length > 40 ? `${escaped.slice(0, 39)}…` : escaped;
}
