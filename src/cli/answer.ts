/** What a line is answered with. Its JSON form is the contract of `docs/CLI.md`. */
import type { ActionError, Outcome } from '../actions/index.ts';
import { isPrintable } from '../base/index.ts';

export type Answer = {
  /** The name of the command; null where the line could not be read. */
  readonly command: string | null;
  /** Counted from 1; null where no line was typed: a one-shot command. */
  readonly line: number | null;
} & Outcome<unknown>;

export function answerTo(command: string | null, line: number | null, outcome: Outcome<unknown>): Answer {
  return { command, line, ...outcome };
}

export function answerJson(answer: Answer): string {
  const { ok, command, line } = answer;
  return jsonLine(
    ok ? { ok, command, line, result: answer.result ?? {} } : { ok, command, line, error: plain(answer.error) },
  );
}

/** JSON that may be looked at: what JSON leaves raw and a terminal would obey is written as an escape, and parses the same. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(/[^ -~]/gu, (character) =>
    isPrintable(character) ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function plain({ code, message }: ActionError): ActionError {
  return { code, message };
}
