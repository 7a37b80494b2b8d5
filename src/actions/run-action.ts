/**
 * The one door to every action: who is asking, is the input of its form, what came of it. What an action throws becomes an
 * answer here; whatever is not a sentence of ours stays in the log.
 */
import { CarechainError, describeError, escapeControls } from '../base/index.ts';
import type { Action, ActionContext, Outcome } from './action.ts';
import { errorCodes, failure } from './error-codes.ts';

/** Options as typed: one key an option, in camelCase; texts, or what JSON has. Anything absent is not asked for here. */
export type RawInput = Readonly<Record<string, unknown>>;

export async function runAction(action: Action, rawInput: RawInput, context: ActionContext): Promise<Outcome<unknown>> {
  const { clock, logger } = context.carechain;
  const startedAt = clock.now();
  const outcome = await answer(action, rawInput, context);
  const code = outcome.ok ? null : outcome.error.code;
  logger.info('an action was run', { action: action.name, code, durationMs: clock.now() - startedAt });
  return outcome;
}

async function answer(action: Action, rawInput: RawInput, context: ActionContext): Promise<Outcome<unknown>> {
  const refused = whyNotAllowed(action, context);
  if (refused) return refused;
  const parsed = parseInput(action, rawInput);
  if (!parsed.ok) return parsed;
  try {
    return await action.run(parsed.result, context);
  } catch (error) {
    return explain(error, context);
  }
}

function whyNotAllowed({ who }: Action, { session }: ActionContext): Outcome<never> | null {
  if (who === 'anyone') return null;
  if (!session.user) return failure('login-required');
  if (who === 'member' || who.includes(session.user.member.role)) return null;
  return failure('wrong-role', { role: who[0]! });
}

/** The input as the action takes it, or what is missing or wrong in it. An empty text counts as not given, but a flag may be bare. */
export function parseInput(action: Action, rawInput: RawInput): Outcome<Record<string, unknown>> {
  const given = Object.fromEntries(
    Object.entries(rawInput).filter(
      ([name, typed]) => typed !== undefined && typed !== null && (!isBlank(typed) || isFlag(action, name)),
    ),
  );
  const parsed = action.input.safeParse(given);
  if (parsed.success) return { ok: true, result: parsed.data };
  const usage = `Usage: ${action.usage}.`;
  const missing = Object.keys(action.input.shape).find(
    (name) => given[name] === undefined && parsed.error.issues.some((issue) => issue.path[0] === name),
  );
  if (missing !== undefined)
    return failure('missing-argument', { what: `${optionOf(action, missing)} is missing. ${usage}` });
  const issue = parsed.error.issues[0]!;
  if (issue.code === 'unrecognized_keys') {
    const unknown = issue.keys.map((key) => escapeControls(dashed(key)).slice(0, 80)).join(', ');
    return failure('invalid-argument', { what: `${action.name} takes no option ${unknown}. ${usage}` });
  }
  return failure('invalid-argument', { what: `${optionOf(action, String(issue.path[0]))}: ${issue.message}` });
}

function explain(error: unknown, { carechain }: ActionContext): Outcome<never> {
  const { code, message } = describeError(error);
  if (error instanceof CarechainError) {
    if (Object.hasOwn(errorCodes, code)) return { ok: false, error: { code, message } };
    carechain.logger.warn('an action met an error without a row in the table', { code });
    return { ok: false, error: { code: 'internal-error', message } };
  }
  // The message of an unknown error may quote what it was working on, so only its name is logged.
  carechain.logger.error('an action failed', { code, name: error instanceof Error ? error.name : typeof error });
  return failure('internal-error');
}

function optionOf({ positional, rest }: Action, name: string): string {
  return positional.includes(name) || rest === name ? `<${name}>` : dashed(name);
}

function dashed(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function isBlank(typed: unknown): boolean {
  return typeof typed === 'string' && typed.trim() === '';
}

function isFlag(action: Action, name: string): boolean {
  const schema = Object.hasOwn(action.input.shape, name) ? action.input.shape[name] : undefined;
  return schema?.safeParse(true).success ?? false;
}
