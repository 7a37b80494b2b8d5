/**
 * An action is everything a person can do, written once: its name, who may do it, what it takes, what it does. Every edge
 * (prompt, piped lines, one-shot commands, later HTTP) offers the same actions and adds no rules.
 */
import type { z } from 'zod';
import type { Role } from '../ledger/index.ts';
import type { Carechain } from './carechain.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './session.ts';

export { type ActionError, done, type Outcome } from './outcome.ts';

export interface ActionContext {
  readonly carechain: Carechain;
  /** Who is logged in, the active patient, the last list shown. The edge owns it; `login` and `set_patient` change it. */
  readonly session: Session;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

/** How an input is asked for at a terminal, in the order of `questions`, where it was not given. */
export interface Question {
  /** The name of the input. */
  readonly input: string;
  readonly label: string;
  /** A label that depends on the answers before it (by input) and on the session; `label` where it says nothing. */
  readonly labelFor?: (answers: Readonly<Record<string, unknown>>, context: ActionContext) => Promise<string | null>;
  /** Shown after the label, such as g/dL and the usual range. */
  readonly unit?: string;
  readonly kind: 'text' | 'long-text' | 'number' | 'yes-no' | 'password' | 'choice';
  /** Asked for even though it may be left empty. */
  readonly optional?: boolean;
  /** For `choice`: what to choose from, the first preselected. */
  readonly choices?: (context: ActionContext) => Promise<readonly Choice[]>;
  /** What speaks against an answer (a clear sentence, and it is asked again); null where nothing does. */
  readonly objection?: (answer: string) => string | null;
}

export interface Action<Input extends z.ZodObject = z.ZodObject, Result = unknown> {
  /** With underscores; edges take a hyphen for one. */
  readonly name: string;
  /** One line for `help`. */
  readonly summary: string;
  /** Such as `perform_test [--order <id>] --hemoglobin <g/dL> …`. */
  readonly usage: string;
  readonly example: string;
  /** Anyone at the node, any member who is logged in, or members of these roles. */
  readonly who: 'anyone' | 'member' | readonly Role[];
  /** Strict: one key an option, in camelCase (`orderTest` is `--order-test`). Coerces from text; messages are sentences. */
  readonly input: Input;
  /** Inputs that bare words fill, in order. */
  readonly positional: readonly string[];
  /** The input that all remaining bare words, joined with one blank, fill. */
  readonly rest?: string;
  readonly questions: readonly Question[];
  /** What a terminal says where a required answer was left empty: nothing is done. */
  readonly cancelled?: string;
  /** It signs a transaction: a terminal shows a summary first and asks to sign, change or cancel. */
  readonly signs: boolean;
  /** What a person should know before they sign, beside the answers themselves: sentences, shown by a terminal. */
  readonly beforeSigning?: (
    answers: Readonly<Record<string, unknown>>,
    context: ActionContext,
  ) => Promise<readonly string[]>;
  run(input: z.output<Input>, context: ActionContext): Promise<Outcome<Result>>;
}

export function defineAction<Input extends z.ZodObject, Result>(action: Action<Input, Result>): Action<Input, Result> {
  return action;
}
