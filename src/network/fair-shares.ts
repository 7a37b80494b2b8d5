/**
 * Shares the event loop among those for whom work is done. Work comes in pieces of a millisecond or less, and breathes
 * between two of them: while its slice lasts it goes on, then it lets others have theirs. Those who wait go on one at a time,
 * each in a turn of the event loop of its own, so what comes from elsewhere (what a person submits, what another peer asks)
 * waits for one slice and not for all that has piled up.
 *
 * What a peer wants of us (what it gossips, what it asks) rests after a slice for as long as that took, up to a bound, and
 * leaves the loop to others meanwhile. What we want of a peer goes on as soon as it is its turn: we ask for no more than we
 * can use. Whoever does the work names the share: a peer may have several, one for each kind of its messages.
 */
import type { Clock } from '../base/index.ts';

export interface FairShares {
  /**
   * Does a task at the expense of a share; those of one share have its slices together.
   * @param sliceMs how long the work of a new share goes on before it rests.
   */
  work<T>(name: string, run: (breathe: Breathe) => Promise<T>, sliceMs?: number): Promise<T>;
}

/** Resolves when the next piece may be done. */
export type Breathe = () => Promise<void>;

/** How long a peer's work goes on before it rests, where nothing else is said. */
const usualSliceMs = 2;
/** The longest rest. What took longer in one piece, as writing a block does, is not held against what follows. */
const restMs = 20;

interface Share {
  readonly sliceMs: number;
  tasks: number;
  /** The task that may go on while the slice lasts. */
  holder: object | null;
  /** When the slice began, by this clock. */
  since: number;
  readonly waiting: { readonly task: object; goOn(): void }[];
}

export function createFairShares(clock: Clock, whoWants: 'the peer' | 'we'): FairShares {
  const shares = new Map<string, Share>();
  /** Shares that have rested. */
  const rested: Share[] = [];

  function workedMs(share: Share): number {
    const now = clock.now();
    // A clock that was set back.
    share.since = Math.min(share.since, now);
    return now - share.since;
  }

  function goOn(share: Share): void {
    const worked = workedMs(share);
    if (worked < share.sliceMs || whoWants === 'we') takeTurn(share);
    else clock.after(Math.min(worked, restMs), () => takeTurn(share));
  }

  function takeTurn(share: Share): void {
    rested.push(share);
    if (rested.length === 1) setImmediate(nextTurn);
  }

  /** Lets one go on; the next in another turn of the loop. */
  function nextTurn(): void {
    const share = rested.shift()!;
    if (rested.length > 0) setImmediate(nextTurn);
    const next = share.waiting.shift()!;
    share.since = clock.now();
    share.holder = next.task;
    next.goOn();
    if (share.waiting.length > 0) setImmediate(goOn, share);
  }

  return {
    async work(name, run, sliceMs = usualSliceMs) {
      const share = shares.get(name) ?? { sliceMs, tasks: 0, holder: null, since: clock.now(), waiting: [] };
      shares.set(name, share);
      share.tasks += 1;
      const task = {};
      try {
        return await run(async () => {
          const isMine = share.holder === task || (share.holder === null && share.waiting.length === 0);
          if (isMine && workedMs(share) < share.sliceMs) {
            share.holder = task;
            return;
          }
          const turn = new Promise<void>((resolve) => share.waiting.push({ task, goOn: resolve }));
          // What goes on in this turn of the loop counts too.
          if (share.waiting.length === 1) setImmediate(goOn, share);
          await turn;
        });
      } finally {
        share.tasks -= 1;
        if (share.holder === task) share.holder = null;
        // What follows at once shares the slice.
        if (share.tasks === 0)
          setImmediate(() => share.tasks === 0 && shares.get(name) === share && shares.delete(name));
      }
    },
  };
}
