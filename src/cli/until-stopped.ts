/**
 * Waits for one thing after another, and for none of them beyond the stop. `Promise.race` against a stop that does not come
 * for days would keep everything that was ever waited for: each line that was typed, each answer.
 */
export type UntilStopped = <Value>(work: Promise<Value>) => Promise<Value | null>;

/** @returns what gives what `work` comes to, or null where the stop comes first. It waits for one thing at a time. */
export function untilStopped(stopped: Promise<unknown>): UntilStopped {
  let hasStopped = false;
  let giveUp = () => {};
  void stopped.then(() => {
    hasStopped = true;
    giveUp();
  });
  return (work) =>
    new Promise((resolve, reject) => {
      giveUp = () => resolve(null);
      work.then(resolve, reject);
      if (hasStopped) giveUp();
    });
}
