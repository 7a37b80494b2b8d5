/**
 * The thread in which one decoder after the other is fuzzed. What it works on lies in memory that it shares with the
 * program: where an input never ends, the program still has it.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { corpusOf } from './corpus.ts';
import { runTarget } from './run-target.ts';
import { targets } from './targets.ts';

export interface ThreadSettings {
  readonly decoder: string;
  readonly inputs: number;
  readonly seed: number;
  readonly inputMs: number;
  /** Length (4 bytes, little-endian), then the input that is being decoded. */
  readonly current: SharedArrayBuffer;
  /** How many inputs are done. */
  readonly done: SharedArrayBuffer;
}

const { decoder, current, done, ...options } = workerData as ThreadSettings;
const target = targets.find(({ name }) => name === decoder)!;
const lengthOfCurrent = new DataView(current);
const bytesOfCurrent = new Uint8Array(current, 4);
const doneCount = new Int32Array(done);

const figures = await runTarget(target, {
  ...options,
  corpus: corpusOf(decoder).map(({ bytes }) => bytes),
  before(input) {
    lengthOfCurrent.setUint32(0, Math.min(input.length, bytesOfCurrent.length), true);
    bytesOfCurrent.set(input.subarray(0, bytesOfCurrent.length));
    Atomics.add(doneCount, 0, 1);
  },
});
parentPort!.postMessage(figures);
