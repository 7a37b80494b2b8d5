/**
 * Lists that a node keeps beside the state so that nobody scans the chain: what is open, and who authored what. Derived
 * from the blocks, written in the same batch as they are.
 */
import { encode } from '../base/index.ts';
import { type Block, type Order, type Prescription, type StateChange, stateKeys } from '../ledger/index.ts';
import { decodeRow, type Store, storeKeys, type Write } from '../storage/index.ts';

/** What joins and leaves the main chain, and what that changes of the state. */
export interface IndexedSwitch {
  readonly added: readonly { readonly block: Block }[];
  readonly removed: readonly Block[];
  readonly changes: readonly StateChange[];
}

const [orders, prescriptions] = [stateKeys.order(''), stateKeys.prescription('')];

/** What stands under a key that says all there is to say. */
const yes = encode(true);

/** The index writes that go with a switch of the chain. */
export function indexWrites({ added, removed, changes }: IndexedSwitch): Write[] {
  const writes: Write[] = [];
  for (const { key, after } of changes) {
    if (key.startsWith(orders)) {
      const isOpen = (after as Order | null)?.answer === null;
      writes.push(openWrite(storeKeys.openOrder(key.slice(orders.length)), isOpen));
    } else if (key.startsWith(prescriptions)) {
      const isOpen = (after as Prescription | null)?.status === 'open';
      writes.push(openWrite(storeKeys.openPrescription(key.slice(prescriptions.length)), isOpen));
    }
  }
  for (const block of removed) for (const key of authoredRows(block).keys()) writes.push({ type: 'del', key });
  for (const { block } of added) {
    for (const [key, ids] of authoredRows(block)) writes.push({ type: 'put', key, value: encode(ids) });
  }
  return writes;
}

/** Ids of open orders or prescriptions in the chain, in no particular order. */
export async function openIds(store: Store, kind: 'openOrder' | 'openPrescription'): Promise<string[]> {
  const prefix = storeKeys[kind]('');
  const ids: string[] = [];
  for await (const [key] of store.range(prefix)) ids.push(key.slice(prefix.length));
  return ids;
}

/** Ids of confirmed transactions of a member, newest first. */
export async function authoredIds(store: Store, member: string, most: number): Promise<string[]> {
  const ids: string[] = [];
  for await (const [, row] of store.range(storeKeys.authored(member), { reverse: true, limit: most })) {
    ids.push(...decodeRow<string[]>(row).reverse());
    if (ids.length >= most) break;
  }
  return ids.slice(0, most);
}

function openWrite(key: string, isOpen: boolean): Write {
  return isOpen ? { type: 'put', key, value: yes } : { type: 'del', key };
}

/** The rows that say who authored what of a block: ids in their order, by key. */
export function authoredRows({ header, transactions }: Block): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const { id, body } of transactions) {
    const key = storeKeys.authored(body.author, header.height);
    const row = rows.get(key);
    if (row) row.push(id);
    else rows.set(key, [id]);
  }
  return rows;
}
