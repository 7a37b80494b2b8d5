/** What a run was asked for, and whether it was given. */
import { parseArgs } from 'node:util';
import type { FuzzFigures } from './run-target.ts';

/** The full form: so many inputs for each decoder. */
export const fullInputs = 200_000;
/** A fuzzer that is refused more often than this has stopped at the door. */
const inputsPerAccepted = 500;

export interface FuzzSettings {
  /** Names of decoders. */
  readonly chosen: readonly string[];
  readonly inputs: number;
  readonly seed: number;
  /** No number of inputs was given: the run stands for what is promised of the full form. */
  readonly isFull: boolean;
}

export function settingsOf(
  args: readonly string[],
  names: readonly string[],
  usualSeed: number,
): { readonly ok: true; readonly settings: FuzzSettings } | { readonly ok: false; readonly problem: string } {
  let given: { decoder?: string; inputs?: string; seed?: string };
  try {
    const string = { type: 'string' } as const;
    given = parseArgs({ args: [...args], options: { decoder: string, inputs: string, seed: string } }).values;
  } catch (error) {
    return { ok: false, problem: (error as Error).message };
  }
  for (const option of ['inputs', 'seed'] as const) {
    const typed = given[option];
    if (typed !== undefined && !/^\d{1,12}$/.test(typed)) {
      return { ok: false, problem: `--${option} takes a whole number, and not "${typed}".` };
    }
  }
  const inputs = Number(given.inputs ?? fullInputs);
  if (inputs === 0) return { ok: false, problem: '--inputs takes a number above 0.' };
  const chosen = names.filter((name) => given.decoder === undefined || name === given.decoder);
  if (chosen.length === 0) {
    return { ok: false, problem: `There is no decoder "${given.decoder}". There are: ${names.join(', ')}.` };
  }
  return {
    ok: true,
    settings: { chosen, inputs, seed: Number(given.seed ?? usualSeed), isFull: given.inputs === undefined },
  };
}

/** In which of its promises a run falls short, in sentences. A finding has been told already. */
export function shortcomingsOf(
  figures: readonly Pick<FuzzFigures, 'decoder' | 'inputs' | 'accepted'>[],
  { chosen, inputs, isFull }: FuzzSettings,
): string[] {
  const missing = chosen.filter((name) => !figures.some(({ decoder }) => decoder === name));
  const short = isFull ? figures.filter((one) => one.inputs < inputs) : [];
  const barred = isFull ? figures.filter(({ accepted }) => accepted < inputs / inputsPerAccepted) : [];
  return [
    ...missing.map((name) => `${name} was not fuzzed.`),
    ...short.map((one) => `${one.decoder} had ${one.inputs} inputs, and not ${inputs}.`),
    ...barred.map(
      ({ decoder, accepted }) => `${decoder} let in ${accepted} inputs: fewer than 1 of ${inputsPerAccepted}.`,
    ),
  ];
}
