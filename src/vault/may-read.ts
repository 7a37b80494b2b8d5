/**
 * The one place where a read is judged. What a node hands to a peer, what it fetches for the members at home here, and what
 * a person may open all ask here, so that a rule which comes later (a revoked consent, an erased patient, an emergency)
 * holds everywhere at once. Deny by default: today a member may read what a transaction names them reader of, and nothing
 * else.
 */
import type { Sealed } from '../ledger/index.ts';

/** `member` is a member id. */
export function mayRead(sealed: Sealed, member: string): boolean {
  return sealed.readers.includes(member);
}
