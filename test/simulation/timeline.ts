/**
 * Virtual time: what is to happen, in the order in which it happens. Nothing waits; the clock jumps to the next event, and
 * the next begins when everything that the last one set off has come to rest.
 *
 * Everything asynchronous in the node core ends in a promise that needs no disk, socket or timer of the machine, so all of
 * it has happened when the machine's event loop has gone round once. Only long work gives others a turn now and then, and
 * goes on in the next round: such a turn counts as a millisecond, so that other things come between where they are that
 * close. Two things at one time happen in the order in which they were planned: there is no chance but that of the seed.
 */
import type { Timer } from '../../src/base/index.ts';
import type { Trace } from './trace.ts';

interface Planned {
  readonly atMs: number;
  readonly order: number;
  readonly what: string;
  run: (() => void | Promise<void>) | null;
}

export class Timeline {
  readonly #trace: Trace;
  /** A binary heap, the earliest on top. */
  readonly #heap: Planned[] = [];
  #planned = 0;
  #nowMs = 0;
  /** Events that have happened. */
  count = 0;

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** Milliseconds since the simulation began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** @param what for the trace: it must be the same in every run of the seed. */
  after(delayMs: number, what: string, run: () => void | Promise<void>): Timer {
    const event: Planned = { atMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)), order: this.#planned++, what, run };
    this.#push(event);
    return {
      cancel() {
        event.run = null;
      },
    };
  }

  /** Lets time pass up to a moment, or until `isOver`, asked after each event. */
  async passUntil(endMs: number, isOver: () => boolean = () => false): Promise<void> {
    while (!isOver()) {
      const next = this.#heap[0];
      // Long work goes on until then.
      if (isTurnWanted() && this.#nowMs < Math.min(next?.atMs ?? endMs, endMs)) {
        this.#nowMs++;
        await comeToRest();
        continue;
      }
      if (!next || next.atMs > endMs) {
        this.#nowMs = Math.max(this.#nowMs, endMs);
        return;
      }
      this.#pop();
      if (!next.run) continue;
      this.#nowMs = next.atMs;
      this.count++;
      this.#trace.event(next.atMs, next.what);
      await next.run();
      await comeToRest();
    }
  }

  #push(event: Planned): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (isBefore(heap[above]!, event)) break;
      heap[at] = heap[above]!;
      at = above;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++;
      if (isBefore(last, heap[below]!)) break;
      heap[at] = heap[below]!;
      at = below;
    }
    heap[at] = last;
  }
}

function isBefore(left: Planned, right: Planned): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}

/** Whether some long work has given others a turn and waits for its own. */
function isTurnWanted(): boolean {
  return process.getActiveResourcesInfo().includes('Immediate');
}

/** Resolves when nothing is left that promises have set off, but for work that goes on in the next round. */
export function comeToRest(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** How often a node that has ended may still give others a turn: what it was at was reading its folder. */
const mostTurns = 100_000;

/** Resolves when no work is left that goes on in the next round either: nothing of this run happens in the one after it. */
export async function comeToAnEnd(): Promise<void> {
  await comeToRest();
  for (let turns = 0; isTurnWanted() && turns < mostTurns; turns++) await comeToRest();
}
