/** What may happen once only: a transaction in a chain, an answer, a fill, a reward for its cause. */
import type { LedgerNode } from '../../src/node/index.ts';

/** @returns what has happened more than once on the main chain of a node, in words. */
export function twice(node: LedgerNode): string[] {
  const counts = new Map<string, number>();
  const count = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1);
  for (let height = 1; height <= node.head().height; height++) {
    const hash = node.hashAt(height)!;
    for (const { id, body } of node.block(hash)!.transactions) {
      count(`transaction ${id}`);
      if (body.kind === 'LAB_TEST_RESULT') count(`answer to ${body.order}`);
      if (body.kind === 'PRESCRIPTION_FILLED') count(`fill of ${body.prescription}`);
    }
    for (const { rule, cause } of node.rewardsOf(hash)) count(`reward ${rule} for ${cause}`);
  }
  return [...counts].filter(([, times]) => times > 1).map(([what]) => what);
}
