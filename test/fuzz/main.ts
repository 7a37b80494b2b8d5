/**
 * Fuzzes every decoder: `npm run fuzz -- [--decoder NAME] [--inputs 200000] [--seed N]`.
 *
 * Without a number of inputs it stands for what is promised of the full form, and ends with 1 where a decoder had fewer
 * than 200,000 or let in almost none. What cannot be understood ends it with 2.
 *
 * Each decoder has a thread of its own, two at a time. A thread that makes no progress for 60 seconds of work is
 * ended, and the input it hangs on counts as slow. What is found is written below `.programs/findings`, to be looked at and to join the
 * corpus. Ends with a line of JSON, and with 1 where anything was found.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ThreadSettings } from './fuzz-thread.ts';
import { tableOf, totalsOf } from './report.ts';
import { type Finding, type FuzzFigures, findingName, noFaults } from './run-target.ts';
import { settingsOf, shortcomingsOf } from './settings.ts';
import { targets } from './targets.ts';

const threadsAtOnce = 2;
const hangMs = 60_000;
const inputMs = 50;
const heapMegabytes = 512;

const names = targets.map(({ name }) => name);
const asked = settingsOf(process.argv.slice(2), names, Math.floor(performance.timeOrigin) % 1_000_000);
if (!asked.ok) {
  process.stderr.write(`${asked.problem}\n`);
  process.exit(2);
}
const { settings } = asked;
const { chosen, inputs, seed } = settings;
/** Room for an input that is longer than any door lets in. */
const currentBytes = Math.max(...targets.map(({ mostBytes }) => mostBytes)) + 1_024;

function fuzzInThread(decoder: string): Promise<FuzzFigures> {
  const current = new SharedArrayBuffer(4 + currentBytes);
  const done = new SharedArrayBuffer(4);
  const workerData: ThreadSettings = { decoder, inputs, seed, inputMs, current, done };
  const thread = new Worker(new URL('./fuzz-thread.js', import.meta.url), {
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  return new Promise((resolve) => {
    let before = -1;
    let since = processorMs();
    const watch = setInterval(() => {
      const now = new Int32Array(done)[0]!;
      if (now !== before) [before, since] = [now, processorMs()];
      else if (processorMs() - since > threadsAtOnce * hangMs) end(failed('slow', `no end within ${hangMs / 1_000} s`));
    }, 1_000);
    const end = (figures: FuzzFigures) => {
      clearInterval(watch);
      void thread.terminate();
      resolve(figures);
    };
    const failed = (kind: 'slow' | 'memory' | 'uncaught', what: string): FuzzFigures => {
      const length = new DataView(current).getUint32(0, true);
      const input = new Uint8Array(current, 4, length).slice();
      const faults = { ...noFaults(), [kind]: 1 };
      const none = { accepted: 0, mostMs: hangMs, mostMsBytes: length, heapMostMegabytes: 0, heapKeptMegabytes: 0 };
      const findings = [{ decoder, kind, what, input }];
      return { decoder, inputs: new Int32Array(done)[0]!, ...none, seconds: 0, faults, findings };
    };
    thread.on('message', end);
    // Where it ends without a word; after a word this says nothing more.
    thread.on('exit', (code) => end(failed('uncaught', `the thread ended with ${code}`)));
    thread.on('error', (error: NodeJS.ErrnoException) => {
      const kind = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'uncaught';
      end(failed(kind, `the thread died: ${error.message}`));
    });
  });
}

/** Of all threads: where the machine is busy with others, the clock runs on without them. */
function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function keep(finding: Finding): string {
  const folder = join('.programs', 'findings', finding.decoder);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, findingName(finding));
  writeFileSync(path, finding.input);
  return path;
}

process.stdout.write(`Fuzzing ${chosen.length} decoders with ${inputs} inputs each, seed ${seed}.\n`);
const waiting = [...chosen];
const figures: FuzzFigures[] = [];
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const one = await fuzzInThread(next);
    figures.push(one);
    process.stdout.write(
      `${next}: ${one.inputs} inputs, ${one.findings.length} findings, ${one.seconds.toFixed(0)} s\n`,
    );
    for (const finding of one.findings) {
      process.stdout.write(`${finding.decoder}: ${finding.kind}, ${finding.what}. Input: ${keep(finding)}\n`);
    }
  }
}
await Promise.all(Array.from({ length: threadsAtOnce }, work));

figures.sort((left, right) => left.decoder.localeCompare(right.decoder, 'en'));
process.stdout.write(`\n${tableOf(figures)}\n`);
const shortcomings = shortcomingsOf(figures, settings);
for (const shortcoming of shortcomings) process.stdout.write(`✗ ${shortcoming}\n`);
const totals = totalsOf(figures);
process.stdout.write(`${JSON.stringify({ program: 'fuzz', seed, ...totals, shortcomings })}\n`);
process.exitCode = totals.findings === 0 && shortcomings.length === 0 ? 0 : 1;
