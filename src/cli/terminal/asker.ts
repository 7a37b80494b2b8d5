/** Asks one thing at a time, with inquirer. Everything shown is escaped: labels and choices name people and medicines. */
import type { Choice } from '../../actions/index.ts';
import { escapeControls } from '../../base/index.ts';
import type { Input, Output } from '../surroundings.ts';

export interface TextQuestion {
  readonly message: string;
  readonly initial?: string;
  readonly objection?: (answer: string) => string | null;
}

/** Every question rejects with {@link FormCancelled} where Ctrl+C was typed, or the node stops. */
export interface Asker {
  text(question: TextQuestion): Promise<string>;
  password(message: string): Promise<string>;
  yesNo(message: string): Promise<boolean>;
  /** The first choice is preselected, or `initial`. */
  choose(message: string, choices: readonly Choice[], initial?: string): Promise<string>;
}

export class FormCancelled extends Error {
  override readonly name = 'FormCancelled';
}

export interface AskerPorts {
  readonly input: Input;
  readonly output: Output;
  /** Aborted when the node stops, so that no form outlives it. */
  readonly signal: AbortSignal;
}

export async function createAsker({ input, output, signal }: AskerPorts): Promise<Asker> {
  // Loaded when the first form opens: it takes a while, and piped nodes never need it.
  const { default: inquirer } = await import('inquirer');
  const prompt = inquirer.createPromptModule({ input, output, signal });

  async function ask<Value>(question: Record<string, unknown>): Promise<Value> {
    try {
      const answers = await prompt([{ ...question, name: 'answer' } as never]);
      return (answers as { answer: Value }).answer;
    } catch (error) {
      const name = error instanceof Error ? error.name : '';
      if (name === 'ExitPromptError' || name === 'AbortPromptError') throw new FormCancelled();
      throw error;
    }
  }

  return {
    async text({ message, initial, objection = () => null }) {
      const answer = await ask<string>({
        type: 'input',
        message: escapeControls(message),
        ...(initial === undefined ? {} : { default: initial, prefill: 'editable' }),
        validate: (typed: string) => (typed.trim() === '' ? true : (objection(typed) ?? true)),
      });
      return answer.trim();
    },
    // Its key that would show the password is taken away.
    password: (message) =>
      ask<string>({ type: 'password', message: escapeControls(message), mask: false, toggleMask: false }),
    async yesNo(message) {
      const answer = await ask<string>({
        type: 'input',
        message: `${escapeControls(message)} (y/n)`,
        validate: (typed: string) => /^\s*(y|yes|n|no)\s*$/i.test(typed) || 'Type y or n.',
      });
      return /^\s*y/i.test(answer);
    },
    choose: (message, choices, initial) =>
      ask<string>({
        type: 'select',
        message: escapeControls(message),
        choices: choices.map(({ value, label }) => ({ value, name: escapeControls(label) })),
        loop: false,
        ...(initial === undefined ? {} : { default: initial }),
      }),
  };
}
