/**
 * Signals that come before the program looks after them. Loading it takes most of the time until a node is ready, and
 * whoever stops a node that has just been started must not see it end by the signal. Nothing has been opened yet, so the
 * process simply ends, as a node that was stopped. `bin/carechain.js` loads this before anything else.
 */
/** A terminal that is closed says SIGHUP. */
const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const nodes = new Set(['doctor', 'lab', 'pharmacy']);

const end = () => process.exit(0);

// An export that is broken off has not done what it was asked: there a signal keeps its usual effect.
if (nodes.has(process.argv[2] ?? '')) for (const name of names) process.on(name, end);

/** Calls at each signal that asks to stop. From now on they are looked after. @returns what ends that. */
export function onStopSignal(run: () => void): () => void {
  for (const name of names) {
    process.on(name, run);
    process.off(name, end);
  }
  return () => {
    for (const name of names) process.off(name, run);
  };
}
