/** The quick form of `npm run adversary`: every behaviour in small numbers, against three nodes in this process. */
import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { runTrials } from './run-trials.ts';

/** Medians of one run are compared, with a margin for whatever else the machine does meanwhile. */
const wideMargin = 10;

test('whoever lies is thrown out, whoever does not is let be, and honest work goes on', {
  timeout: 240_000,
}, async () => {
  const report = await runTrials({
    inProcesses: false,
    isQuick: true,
    seed: randomInt(1_000_000),
    only: null,
    attackMs: 60,
    quietMs: 1_000,
    offences: 1,
    print: (line) => process.stdout.write(`${line.slice(0, 200)}\n`),
  });
  const { crimes, punished, honestShuns, submit } = report.figures;
  expect(report.failures).toEqual([]);
  expect(punished).toBe(crimes);
  expect(honestShuns).toBe(0);
  expect(submit.attacked.p50).not.toBeNull();
  expect(submit.attacked.p50).toBeLessThan(wideMargin * Math.max(submit.quiet.p50!, 20));
});
