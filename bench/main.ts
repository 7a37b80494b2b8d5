/**
 * `npm run bench`: how fast is it, as a part of what the machine could do at the most?
 *
 *   npm run bench                      every question three times, the median of each figure; minutes
 *   npm run bench -- import sync       some of them
 *   npm run bench -- --quick           small sizes, once each: only shapes are asked for
 *   npm run bench -- scale --large     with a chain of a million transactions
 *   npm run bench -- --runs 5 --out figures.json
 *
 * Prints a table and writes all figures of all runs to a file. Exit code 1: a target is missed.
 */
import { fork } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figures, Form, Question } from './question.ts';
import { questions } from './questions.ts';
import { type Answer, answerOf, missedTargets, tableOf } from './report.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    runs: { type: 'string' },
    out: { type: 'string', default: '.programs/bench.json' },
  },
});

const form: Form = { isQuick: values.quick, isLarge: values.large };
const runs = Number(values.runs ?? (form.isQuick ? 1 : 3));
if (!Number.isSafeInteger(runs) || runs < 1) fail(`--runs takes a whole number from 1 on, not "${values.runs}".`);
const unknown = positionals.filter((name) => !questions.some((question) => question.name === name));
if (unknown.length > 0)
  fail(`There is no question "${unknown[0]}". These are: ${questions.map(({ name }) => name).join(', ')}.`);

function fail(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

const print = (line: string) => process.stdout.write(`${line}\n`);

/** A run in a process of its own, so that none inherits what another has warmed up or filled. */
function ask({ name }: Question): Promise<Figures> {
  const program = fileURLToPath(new URL('one-run.js', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = fork(program, [name, JSON.stringify(form)], { execArgv: ['--expose-gc'] });
    let figures: Figures | null = null;
    child.on('message', (message: Figures) => {
      figures = message;
    });
    child.once('close', (code) =>
      code === 0 && figures ? resolve(figures) : reject(new Error(`The run of "${name}" ended with ${code}.`)),
    );
  });
}

const asked = positionals.length === 0 ? questions : questions.filter(({ name }) => positionals.includes(name));
const answers: Answer[] = [];
for (const question of asked) {
  print(`${question.name}: ${question.asks}`);
  const results: Figures[] = [];
  for (let run = 0; run < runs; run++) results.push(await ask(question));
  answers.push(answerOf(question, results, form));
}
print(tableOf(answers));
const missed = missedTargets(answers);
for (const sentence of missed) print(`✗ ${sentence}`);
const machine = { cores: availableParallelism(), processor: cpus()[0]?.model ?? null, node: process.version };
await writeFile(values.out, `${JSON.stringify({ at: new Date(), form, machine, answers, missed }, null, 2)}\n`);
print(`All figures are in ${values.out}.`);
process.exitCode = missed.length > 0 ? 1 : 0;
