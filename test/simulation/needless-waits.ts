/** Transactions that wait at a node although they hold, after the chain and all that is pending. */
import { checkTransaction } from '../../src/ledger/index.ts';
import type { LedgerNode } from '../../src/node/index.ts';

export function needlessWaits(node: LedgerNode): string[] {
  const { pendingState, genesis } = node;
  return node.pending().flatMap(({ id, entry, where }) => {
    if (where.state !== 'waiting' || entry.type !== 'transaction') return [];
    const refused = checkTransaction(entry.transaction, pendingState, { genesis });
    return refused ? [] : [`${id.slice(0, 8)} for ${where.rejection.code}`];
  });
}
