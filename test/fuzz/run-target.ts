/**
 * One decoder under many inputs. For each: nothing but its own refusal is thrown, it takes less than `limits.inputMs`, what
 * it lets in was in its one encoding, was no longer than its door, and keeps its promises, and no prototype has changed. Memory is looked at between
 * batches, and once more after a collection at the end.
 */
import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { equalBytes } from '../../src/base/index.ts';
import { Inputs } from './inputs.ts';
import { slownessOfMachine } from './machine-speed.ts';
import { processorClock } from './processor-time.ts';
import type { Decoded, Target } from './target.ts';
import { worstInputs } from './worst-inputs.ts';

export interface FuzzOptions {
  readonly inputs: number;
  readonly seed: number;
  readonly corpus: readonly Uint8Array[];
  /** How long one input may take, on a machine that is not slow: see machine-speed.ts. */
  readonly inputMs: number;
  /** Told of each input before it is decoded, so that one which never ends is known. */
  readonly before?: (input: Uint8Array) => void;
  /** Told how many inputs are done, every now and then. */
  readonly progress?: (done: number) => void;
}

export type FaultKind = 'uncaught' | 'slow' | 'not-canonical' | 'broken-promise' | 'polluted' | 'memory';

export interface Finding {
  readonly decoder: string;
  readonly kind: FaultKind;
  readonly what: string;
  readonly input: Uint8Array;
}

export interface FuzzFigures {
  readonly decoder: string;
  readonly inputs: number;
  readonly accepted: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** The slowest input: the less of two times, and of up to thirteen where it looked slow. */
  readonly mostMs: number;
  readonly mostMsBytes: number;
  /** The most that the heap held at the end of a batch, and what it kept of the whole run after a collection. */
  readonly heapMostMegabytes: number;
  readonly heapKeptMegabytes: number;
  readonly seconds: number;
  /** At most one of a kind and sentence. */
  readonly findings: readonly Finding[];
}

export function noFaults(): Record<FaultKind, number> {
  return { uncaught: 0, slow: 0, 'not-canonical': 0, 'broken-promise': 0, polluted: 0, memory: 0 };
}

const batch = 1_000;
const timedAgain = 12;
const keptMegabytesAllowed = 16;
/** What everything else inherits from, or is made with. */
const shared: readonly object[] = [
  ...[Object, Array, Uint8Array, String, Function, Number, Boolean, Map, Set, Promise, RegExp, Error, Date],
].flatMap((made) => [made, made.prototype as object]);

/** Enough to say where something was thrown. Most inputs are refused, and an error's stack costs more than what refuses. */
const stackFrames = 2;

export async function runTarget(target: Target, options: FuzzOptions): Promise<FuzzFigures> {
  Error.stackTraceLimit = stackFrames;
  const run = new TargetRun(target, options);
  return run.whole();
}

class TargetRun {
  readonly #target: Target;
  readonly #options: FuzzOptions;
  readonly #faults = noFaults();
  readonly #findings = new Map<string, Finding>();
  #accepted = 0;
  #done = 0;
  #mostMs = 0;
  #mostMsBytes = 0;
  #heapMost = 0;
  #shared = lookAtShared();

  constructor(target: Target, options: FuzzOptions) {
    this.#target = target;
    this.#options = options;
  }

  async whole(): Promise<FuzzFigures> {
    const { inputs: count, seed, corpus } = this.#options;
    const start = performance.now();
    await this.#warmUp();
    for (const input of this.#target.seeds) {
      await this.#try(input);
      if (this.#accepted < this.#done) this.#find('broken-promise', 'a valid input is refused', input);
    }
    const heapBefore = await heapAfterCollection();
    await this.#tryAll(corpus);
    await this.#tryAll(worstInputs(this.#target));
    await this.#tryMutations(new Inputs(this.#target, corpus, seed), count);
    const heapKept = (await heapAfterCollection()) - heapBefore;
    if (heapKept > keptMegabytesAllowed) {
      this.#find('memory', `${heapKept.toFixed(0)} MB are kept`, new Uint8Array(0));
    }
    return {
      decoder: this.#target.name,
      inputs: this.#done,
      accepted: this.#accepted,
      faults: this.#faults,
      mostMs: this.#mostMs,
      mostMsBytes: this.#mostMsBytes,
      heapMostMegabytes: this.#heapMost,
      heapKeptMegabytes: heapKept,
      seconds: (performance.now() - start) / 1_000,
      findings: [...this.#findings.values()],
    };
  }

  /** On its own: a function that waits holds what it looked at last, and that would look as if it were kept. */
  async #tryAll(inputs: Iterable<Uint8Array>): Promise<void> {
    for (const input of inputs) await this.#try(input);
  }

  async #tryMutations(inputs: Inputs, count: number): Promise<void> {
    while (this.#done < count) {
      const input = inputs.next();
      if (await this.#try(input)) inputs.keep(input);
    }
  }

  /** So that what is timed is the decoder and not the compiler. */
  async #warmUp(): Promise<void> {
    for (let round = 0; round < 30; round++) {
      for (const input of this.#target.seeds) await this.#decode(input);
    }
  }

  /** @returns whether it was accepted. */
  async #try(input: Uint8Array): Promise<boolean> {
    this.#options.before?.(input);
    this.#done++;
    let decoded: Decoded<unknown> = null;
    const start = performance.now();
    try {
      decoded = await this.#decode(input);
    } catch (error) {
      this.#find('uncaught', describe(error), input);
    }
    await this.#time(performance.now() - start, input);
    if (decoded !== null) this.#look(decoded.value, input);
    const objected = this.#target.objectionToVerdict?.(input, decoded !== null) ?? null;
    if (objected !== null) this.#find('broken-promise', objected, input);
    if (this.#done % batch === 0) this.#endBatch(input);
    return decoded !== null;
  }

  #decode(input: Uint8Array): Decoded<unknown> | Promise<Decoded<unknown>> {
    return this.#target.decode(input);
  }

  /** What looks slow may be a collection, or another program: it counts only where it is slow again and again. */
  async #time(firstMs: number, input: Uint8Array): Promise<void> {
    const { inputMs: allowedMs } = this.#options;
    if (firstMs <= this.#mostMs && firstMs <= allowedMs) return;
    let leastMs = firstMs;
    for (let again = 0; again < timedAgain; again++) {
      // The slowest so far is looked at once more, where it is fast enough.
      if (leastMs <= allowedMs && (again > 0 || leastMs <= this.#mostMs)) break;
      const start = processorMs();
      try {
        await this.#decode(input);
      } catch {
        // Found already.
      }
      leastMs = Math.min(leastMs, processorMs() - start);
    }
    if (leastMs > this.#mostMs) [this.#mostMs, this.#mostMsBytes] = [leastMs, input.length];
    if (leastMs > allowedMs && leastMs > allowedMs * slownessOfMachine(processorMs))
      this.#find('slow', `more than ${Math.round(allowedMs)} ms`, input, leastMs);
  }

  #look(value: unknown, input: Uint8Array): void {
    this.#accepted++;
    const { encode, objection, mostBytes, longerAllowed } = this.#target;
    if (input.length > mostBytes && longerAllowed === undefined) {
      this.#find('broken-promise', 'longer than its door lets in', input.subarray(0, 1_000));
    }
    if (encode !== undefined && !equalBytes(encode(value, input), input)) {
      this.#find('not-canonical', 'its encoding is another', input);
    }
    const objected = objection?.(value, input) ?? null;
    if (objected !== null) this.#find('broken-promise', objected, input);
  }

  #endBatch(input: Uint8Array): void {
    this.#heapMost = Math.max(this.#heapMost, heapMegabytes());
    const now = lookAtShared();
    if (now.length !== this.#shared.length || now.some((part, index) => !Object.is(part, this.#shared[index]))) {
      this.#find('polluted', 'a prototype has changed', input);
      this.#shared = now;
    }
    this.#options.progress?.(this.#done);
  }

  #find(kind: FaultKind, what: string, input: Uint8Array, ms?: number): void {
    this.#faults[kind]++;
    const key = `${kind} ${what}`;
    if (this.#findings.has(key)) return;
    const said = ms === undefined ? what : `${what}: ${ms.toFixed(0)}`;
    this.#findings.set(key, { decoder: this.#target.name, kind, what: said, input: input.slice() });
  }
}

/** A name for a finding's file that its content decides. */
export function findingName({ kind, input }: Finding): string {
  return `${kind}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `threw ${typeof error}`;
  const [where = ''] = (error.stack ?? '').split('\n').filter((line) => line.trimStart().startsWith('at '));
  return `${error.name}: ${error.message.slice(0, 120)} ${where.trim()}`;
}

/**
 * All that belongs to them, one after the other: names, and what stands under each. A name that is there already is as good
 * a place to plant something as a new one. What the runtime itself writes on `Error` is left out.
 */
function lookAtShared(): unknown[] {
  return shared.flatMap((one) => [
    Object.getPrototypeOf(one) as unknown,
    ...Reflect.ownKeys(one).flatMap((name) => {
      if (one === Error && name === 'stackTraceLimit') return [];
      // The last match, which every use of a pattern writes, is read by a getter that stays the same.
      const { value, get, set } = Object.getOwnPropertyDescriptor(one, name)!;
      return [name, value as unknown, get, set];
    }),
  ]);
}

/** Other programs do not count. */
const processorMs = processorClock();

/** Of this thread alone. */
function heapMegabytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return (used_heap_size + external_memory) / 1_000_000;
}

let collect: (() => void) | null = null;

async function heapAfterCollection(): Promise<number> {
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as () => void;
  }
  // Twice: what only a buffer outside of the heap held goes with the second.
  for (let round = 0; round < 2; round++) {
    collect();
    await setImmediate();
  }
  return heapMegabytes();
}
