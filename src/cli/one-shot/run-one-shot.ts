/** One command on the folder of a stopped node: its answer on stdout, its exit code 0 or 1. */
import { type Carechain, findAction, newSession, type Outcome, type RawInput, runAction } from '../../actions/index.ts';
import { CarechainError } from '../../base/index.ts';
import { answerJson, answerTo } from '../answer.ts';
import { formatAnswer } from '../format/index.ts';
import { Printer } from '../printer.ts';
import { hasColours, type Surroundings } from '../surroundings.ts';
import { type FolderOptions, openFolder } from './open-folder.ts';

export interface OneShotOptions extends FolderOptions {
  readonly json?: boolean;
}

/** Runs `work`, and prints what came of it. @returns the exit code. */
export async function answerOnce(
  command: string,
  { json }: OneShotOptions,
  { output, errors, environment }: Surroundings,
  work: () => Promise<Outcome<unknown>>,
): Promise<number> {
  const outcome = await work().catch(explain);
  const answer = answerTo(command, null, outcome);
  const failed = !outcome.ok || isFailedVerdict(outcome.result);
  const coloured = hasColours(output, environment);
  if (json) await new Printer(output, false).write(`${answerJson(answer)}\n`);
  else await new Printer(outcome.ok ? output : errors, coloured).print(formatAnswer(answer));
  return failed ? 1 : 0;
}

/** An action that only reads, on a folder. */
export function runOnFolder(
  name: string,
  input: RawInput,
  options: OneShotOptions,
  surroundings: Surroundings,
): Promise<number> {
  return answerOnce(name, options, surroundings, () =>
    withFolder(options, surroundings, (carechain) =>
      runAction(findAction(name)!, input, { carechain, session: newSession() }),
    ),
  );
}

export async function withFolder<Result>(
  options: FolderOptions,
  surroundings: Surroundings,
  work: (carechain: Carechain) => Promise<Result>,
): Promise<Result> {
  const carechain = await openFolder(options, surroundings);
  try {
    return await work(carechain);
  } finally {
    await carechain.stop();
  }
}

function explain(error: unknown): Outcome<never> {
  if (error instanceof CarechainError) return { ok: false, error: { code: error.code, message: error.message } };
  throw error;
}

/** `verify` and `scrub` answer in either case; to a script what does not hold is a failure. */
function isFailedVerdict(result: unknown): boolean {
  const { failure = null } = (result ?? {}) as { failure?: unknown };
  return failure !== null;
}
