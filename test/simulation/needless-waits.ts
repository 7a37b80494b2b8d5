/** Transactions that wait at a node although they hold after the chain and all that is pending, or never will. */
import { checkTransaction, natureOf } from '../../src/ledger/index.ts';
import type { LedgerNode } from '../../src/node/index.ts';

export function needlessWaits(node: LedgerNode): string[] {
  const { pendingState, genesis } = node;
  return node.pending().flatMap(({ id, entry, where }) => {
    if (where.state !== 'waiting' || entry.type !== 'transaction') return [];
    const refused = checkTransaction(entry.transaction, pendingState, { genesis });
    const mayWait = refused !== null && natureOf(refused.code) === 'not-yet';
    return mayWait ? [] : [`${id.slice(0, 8)} for ${where.rejection.code}`];
  });
}
