/**
 * The quick form of `npm run fuzz`, from a new seed each time, which its name says. The corpus comes first: what was found
 * once stays found.
 */
import { describe, expect, test } from 'vitest';
import { corpusOf } from './corpus.ts';
import { runTarget } from './run-target.ts';
import type { Target } from './target.ts';

const inputs = Number(process.env.FUZZ_INPUTS ?? 20_000);
const inputMs = 50;

/** One test for each decoder. */
export function fuzzQuickly(targets: readonly Target[]): void {
  const seed = Math.floor(performance.timeOrigin) % 1_000_000;
  describe(`from seed ${seed}`, () => {
    test.each(targets.map((target) => [target.name, target] as const))(
      '%s',
      { timeout: 300_000 },
      async (name, target) => {
        const corpus = corpusOf(name).map(({ bytes }) => bytes);
        const { findings, accepted, ...figures } = await runTarget(target, { inputs, seed, corpus, inputMs });
        expect(
          findings.map(({ kind, what, input }) => `${kind}, ${what}: ${Buffer.from(input).toString('hex', 0, 200)}`),
        ).toEqual([]);
        expect(figures.inputs).toBeGreaterThanOrEqual(inputs);
        // A fuzzer that is always refused has stopped at the door.
        expect(accepted).toBeGreaterThan(inputs / 500);
      },
    );
  });
}
