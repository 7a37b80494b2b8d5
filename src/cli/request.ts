/** What a line asks for: an action with its raw input, or one of the two things that only an edge can do. */
import { type Action, actions, failure, findAction, type Outcome, type RawInput } from '../actions/index.ts';
import { edgeCommandNames, edgeCommands } from './edge-commands.ts';
import { nearest } from './nearest.ts';
import { commandName, parseCommand, show } from './parse-command.ts';
import { splitWords, type Word } from './words.ts';

export type Request =
  | { readonly kind: 'exit' }
  | { readonly kind: 'help'; readonly topic: string | null }
  | { readonly kind: 'action'; readonly action: Action; readonly input: RawInput };

export interface ReadLine {
  /** The command's name, or the word that should have been one; null where the line has no words. */
  readonly command: string | null;
  readonly request: Outcome<Request>;
}

/** The words may be none: such a line is a comment, and was kept away from here. */
export function readLine(line: string): ReadLine {
  const split = splitWords(line);
  if (!split.ok) return { command: null, request: failure('bad-line', { what: split.what }) };
  const [first, ...rest] = split.words;
  if (!first) return { command: null, request: failure('unknown-command') };
  const name = commandName(first.text);
  const action = findAction(name);
  if (Object.hasOwn(edgeCommands, name)) return { command: name, request: edgeRequest(name, rest) };
  if (!action) return { command: name, request: unknownCommand(name) };
  const parsed = parseCommand(rest, action);
  if (!parsed.ok) return { command: name, request: parsed };
  return { command: name, request: { ok: true, result: { kind: 'action', action, input: parsed.result } } };
}

/** Every name that may begin a line. */
export function commandNames(): string[] {
  return [...edgeCommandNames, ...actions.map(({ name }) => name)].sort();
}

export function unknownCommand(name: string): Outcome<never> {
  const meant = nearest(name, commandNames());
  const question = meant === null ? '' : ` Did you mean \`${meant}\`?`;
  return failure('unknown-command', { what: `There is no command ${show(name)}.${question}` });
}

function edgeRequest(name: string, words: readonly Word[]): Outcome<Request> {
  const most = name === 'help' ? 1 : 0;
  const { usage } = edgeCommands[name as keyof typeof edgeCommands];
  if (words.length > most) return failure('invalid-argument', { what: `That is too much. Usage: ${usage}.` });
  if (name === 'exit') return { ok: true, result: { kind: 'exit' } };
  const topic = words[0] ? commandName(words[0].text) : null;
  if (topic !== null && !commandNames().includes(topic)) return unknownCommand(topic);
  return { ok: true, result: { kind: 'help', topic } };
}
