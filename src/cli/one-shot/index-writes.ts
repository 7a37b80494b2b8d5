/** The lists that a node keeps beside the state (open orders and prescriptions, who authored what), for an imported block. */
import { encode } from '../../base/index.ts';
import type { Block, Order, Prescription, StateChange } from '../../ledger/index.ts';
import { storeKeys, type Write } from '../../storage/index.ts';

export function indexWrites({ header, transactions }: Block, changes: readonly StateChange[]): Write[] {
  const writes: Write[] = transactions.map(({ id, body }, index) =>
    put(storeKeys.authored(body.author, header.height, index, id)),
  );
  for (const { key, after } of changes) {
    const [family, id] = key.split('/') as [string, string];
    if (family === 'order') writes.push(openWrite(storeKeys.openOrder(id), (after as Order | null)?.answer === null));
    if (family === 'prescription') {
      writes.push(openWrite(storeKeys.openPrescription(id), (after as Prescription | null)?.status === 'open'));
    }
  }
  return writes;
}

function openWrite(key: string, isOpen: boolean): Write {
  return isOpen ? put(key) : { type: 'del', key };
}

function put(key: string): Write {
  return { type: 'put', key, value: encode(true) };
}
