/**
 * The id of a sealed record: SHA-256("carechain/record-id/1" ‖ DAG-CBOR [commitment, [reader, …]]).
 *
 * The commitment alone does not name a record. Another member can put the same commitment on the ledger beside other
 * readers; two honest nodes that know one of the two transactions each would then take each other for liars. Readers are
 * part of the id, so what is asked for, held and checked is always one commitment to one list of readers.
 */
import { encode, fromHex } from '../base/index.ts';
import { taggedHashHex } from '../crypto/index.ts';
import type { Sealed } from '../ledger/index.ts';

/** In hex. */
export function recordIdOf({ commitment, readers }: Sealed): string {
  return taggedHashHex('carechain/record-id/1', encode([fromHex(commitment), readers.map(fromHex)]));
}
