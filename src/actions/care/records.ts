/** The clear text of sealed records, as far as whoever is logged in may read it and it has arrived. */
import { CarechainError } from '../../base/index.ts';
import { recordsOf, type Sealed, type Transaction } from '../../ledger/index.ts';
import type { Reading, RecordText } from '../../vault/index.ts';
import type { ActionContext, Outcome } from '../action.ts';
import { done } from '../action.ts';
import { failure } from '../error-codes.ts';
import { nameOf, userOf } from '../members.ts';

/** How long an action that needs a record waits for one that is on its way. */
const arrivalMs = 3_000;

export type ReadingState = 'readable' | 'sealed' | 'on-its-way';

export interface RecordsRead {
  /** Of the best-placed record: readable where one is, else on its way where one is. */
  readonly state: ReadingState;
  /** Usernames of all who may read one of them. */
  readonly readers: readonly string[];
  /** The readable records of the transaction as one; null where none is. */
  readonly text: RecordText | null;
  readonly records: Readonly<Record<string, { readonly state: ReadingState; readonly readers: readonly string[] }>>;
}

export async function readRecords(transaction: Transaction, context: ActionContext): Promise<RecordsRead> {
  const { node } = context.carechain;
  const records: Record<string, { state: ReadingState; readers: readonly string[] }> = {};
  let text: RecordText | null = null;
  for (const [slot, sealed] of Object.entries(recordsOf(transaction.body))) {
    const reading = await readOrSealed(sealed, context);
    records[slot] = { state: reading.state, readers: sealed.readers.map((id) => nameOf(node, id)) };
    if (reading.state === 'readable') text = { ...(text ?? {}), ...reading.text };
  }
  const states = Object.values(records).map(({ state }) => state);
  const state = (['readable', 'on-its-way'] as const).find((better) => states.includes(better)) ?? 'sealed';
  const readers = [...new Set(Object.values(records).flatMap((record) => record.readers))];
  return { state, readers, text, records };
}

/** What an author sealed that is no record must not hide a patient's other events: it shows as sealed. */
async function readOrSealed(sealed: Sealed, context: ActionContext): Promise<Reading> {
  try {
    return await readSealed(sealed, context);
  } catch (error) {
    if (error instanceof CarechainError && error.code === 'record-unreadable') return { state: 'sealed' };
    throw error;
  }
}

async function readSealed(sealed: Sealed, context: ActionContext) {
  return context.carechain.vault.read(sealed, userOf(context));
}

/** The text of one record, where the action cannot go on without it. */
export async function requireText(sealed: Sealed, context: ActionContext): Promise<Outcome<RecordText>> {
  let reading = await readSealed(sealed, context);
  if (reading.state === 'on-its-way') {
    await untilArrived(sealed, context);
    reading = await readSealed(sealed, context);
  }
  if (reading.state === 'readable') return done(reading.text);
  return failure(reading.state === 'sealed' ? 'record-sealed' : 'record-on-its-way');
}

/** A record lags a moment behind its transaction or a login: while a peer is linked that may hold it, it gets that moment. */
function untilArrived({ commitment }: Sealed, { carechain: { vault, node, clock } }: ActionContext): Promise<void> {
  if (node.peers().length === 0) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      timer.cancel();
      unwatch();
      resolve();
    };
    const timer = clock.after(arrivalMs, finish);
    const unwatch = vault.on('record', (record) => {
      if (record.commitment === commitment) finish();
    });
  });
}

/** A field of a record that should be text; null where it is not. Who sealed it may have run another program. */
export function textField(text: RecordText | null, field: string): string | null {
  const value = text?.[field];
  return typeof value === 'string' ? value : null;
}

/** The signed transaction of an id; undefined for rewards and unknown ids. */
export function transactionOf(id: string, { carechain }: ActionContext): Transaction | undefined {
  const entry = carechain.node.find(id)?.entry;
  return entry?.type === 'transaction' ? entry.transaction : undefined;
}
