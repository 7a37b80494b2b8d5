/** What must hold in a simulation, by name, and what ends one in which it does not. */

/** Each is broken on purpose in sabotage.slow.test.ts. */
export const invariantNames = [
  'a head is never worse than the one before it',
  'a chain is whole',
  'only valid blocks are followed',
  'money is conserved',
  'a balance is what the chain says',
  'what is asked is answered',
  'what is asked comes to an end',
  'what was acknowledged is kept',
  'what was acknowledged is lawful',
  'what was acknowledged ends lawfully',
  'no honest peer is punished',
  'no fault without a cause',
  'no error stands in a log without a cause',
  'no error is left unhandled',
  'a node starts again',
  'a node stops soon',
  'all agree soon after the last fault',
  'all agree in the end',
  'settling comes to an end',
  'what is pending gets into a block',
  'what is damaged heals',
  'what waits goes on when it can',
  'what happens once happens once',
  'a replay agrees',
  'the stored state is that of a replay',
] as const;

export type InvariantName = (typeof invariantNames)[number];

/** An invariant that does not hold: the end of a simulation. */
export class Violation extends Error {
  readonly invariant: InvariantName;
  constructor(invariant: InvariantName, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}
