/**
 * Looks at the main chain height by height, without a replay: is all there that belongs to a block, does the block above
 * follow it, is what it changed in the state, in the lists and in the patients' histories. Cheap enough for the background;
 * whether the rules come to the same is the question of scrub-ledger.ts.
 */
import { CarechainError, encode, equalBytes } from '../base/index.ts';
import {
  type Block,
  type DueQueue,
  type Genesis,
  type Order,
  type Prescription,
  patientOf,
  type StateChange,
  type StateView,
  stateKeys,
  systemAccount,
} from '../ledger/index.ts';
import { type ChainStore, type Store, storeKeys } from '../storage/index.ts';
import { authoredRows } from './indexes.ts';
import { readBlock, readHeader, readRowAnyway } from './scrub-chain.ts';
import { countByFamily, type FaultyRow, familyWords } from './scrub-report.ts';
import { readAnyway } from './scrub-values.ts';

type UndoRows = readonly [key: string, before: StateChange['before'], after: StateChange['after']][];

export class HeightScrub {
  readonly #store: Store;
  readonly #state: StateView;
  /** Per patient, the ids that its rows list and no block has accounted for yet. */
  readonly #histories = new Map<string, Set<string>>();

  constructor(store: Store, state: StateView) {
    this.#store = store;
    this.#state = state;
  }

  /** What is wrong with the block of a height, its parent where anything tells, and how much it changed. */
  look(height: number, hash: string): { faults: FaultyRow[]; parent: string | undefined; changes: number } {
    const keys = [storeKeys.height(height), storeKeys.header(hash), storeKeys.block(hash), storeKeys.rewards(hash)];
    const faults = keys.flatMap((key) => this.#present(key));
    const named = readRowAnyway<string>(this.#store, storeKeys.height(height));
    if (named !== undefined && named !== hash) faults.push({ key: storeKeys.height(height), fault: 'damaged' });
    const block = readBlock(this.#store, hash);
    if (block) for (const [key, ids] of authoredRows(block)) faults.push(...this.#holds(key, encode(ids)));
    if (block) faults.push(...this.#inHistories(block));
    const undo = readRowAnyway<UndoRows>(this.#store, storeKeys.undo(hash));
    faults.push(...(undo ? this.#changed(undo) : this.#present(storeKeys.undo(hash))));
    return { faults, parent: readHeader(this.#store, hash)?.parent, changes: undo?.length ?? 0 };
  }

  /** Whether what the block changed is in the state and in the lists of what is open. */
  #changed(undo: UndoRows): FaultyRow[] {
    return undo.flatMap(([name, , after]) => {
      const key = storeKeys.state(name);
      const [family, id] = name.split('/') as [string, string | undefined];
      // A reward that was due is gone once it is paid.
      if (after === null || (family === 'due' && id !== undefined)) return [];
      const absent = this.#present(key);
      if (absent.length > 0) return absent;
      if (family === 'transaction') return this.#holds(key, encode(after));
      if (family === 'order') {
        const order = readRowAnyway<Order>(this.#store, key);
        return order?.answer === null ? this.#present(storeKeys.openOrder(id!)) : [];
      }
      if (family !== 'prescription') return [];
      const prescription = readRowAnyway<Prescription>(this.#store, key);
      return prescription?.status === 'open' ? this.#present(storeKeys.openPrescription(id!)) : [];
    });
  }

  #inHistories({ transactions }: Block): FaultyRow[] {
    const patients = new Map(transactions.map(({ id, body }) => [id, patientOf(body, this.#state)]));
    return [...patients].flatMap(([id, patient]): FaultyRow[] => {
      if (patient === null || patient === undefined) return [];
      const history = this.#histories.get(patient) ?? this.#readHistory(patient);
      this.#histories.set(patient, history);
      return history.delete(id) ? [] : [{ key: storeKeys.patientCount(patient), fault: 'missing' }];
    });
  }

  #readHistory(patient: string): Set<string> {
    const count = readRowAnyway<number>(this.#store, storeKeys.patientCount(patient)) ?? 0;
    const ids = new Set<string>();
    for (let n = 0; n < count; n++) {
      const event = readRowAnyway<[number, number, string]>(this.#store, storeKeys.patientEvent(patient, n));
      if (event) ids.add(event[2]);
    }
    return ids;
  }

  /** What a folder must hold whatever its blocks say: who it belongs to, its members and accounts, the rewards that are due. */
  lookAtRoots({ members, hash }: Genesis): FaultyRow[] {
    const accounts = [systemAccount, ...members.map(({ id }) => id)].map(stateKeys.balance);
    const queue = readRowAnyway<DueQueue>(this.#store, storeKeys.state(stateKeys.dueQueue()));
    const due: string[] = [];
    for (let n = queue?.head ?? 0; n < (queue?.tail ?? 0); n++) due.push(stateKeys.dueReward(n));
    const state = [...members.map(({ id }) => stateKeys.member(id)), ...accounts, ...due].map(storeKeys.state);
    const roots = [storeKeys.format(), storeKeys.genesis(), storeKeys.tip(), storeKeys.height(0)];
    const faults = [...roots, ...state].flatMap((key) => this.#present(key));
    const first = readRowAnyway<string>(this.#store, storeKeys.height(0));
    if (first !== undefined && first !== hash) faults.push({ key: storeKeys.height(0), fault: 'damaged' });
    return faults;
  }

  #present(key: string): FaultyRow[] {
    const value = readAnyway(this.#store, key);
    if (value) return [];
    return [{ key, fault: value === undefined ? 'missing' : 'damaged' }];
  }

  #holds(key: string, expected: Uint8Array): FaultyRow[] {
    const absent = this.#present(key);
    if (absent.length > 0) return absent;
    return equalBytes(readAnyway(this.#store, key)!, expected) ? [] : [{ key, fault: 'damaged' }];
  }
}

/** Blocks of which a start looks at all that they led to; fewer where they changed so many values together. */
const recentBlocks = 16;
const recentChanges = 1_000;

/**
 * What a node must be able to rely on from its first moment: members, accounts, and what the last blocks changed.
 * @throws CarechainError `folder-damaged`
 */
export function insistOnRecentRows(store: Store, chain: Pick<ChainStore, 'tip' | 'state'>, genesis: Genesis): void {
  const heights = new HeightScrub(store, chain.state);
  const faults = heights.lookAtRoots(genesis);
  const tip = chain.tip();
  let hash: string | undefined = tip.hash;
  let changes = 0;
  const lowest = Math.max(1, tip.height - recentBlocks + 1);
  for (let height = tip.height; height >= lowest && hash !== undefined && changes < recentChanges; height--) {
    const seen = heights.look(height, hash);
    faults.push(...seen.faults);
    changes += seen.changes;
    hash = seen.parent;
  }
  if (faults.length === 0) return;
  const sentence = `Values in this folder are damaged or missing (${familyWords(countByFamily(faults.map(({ key }) => key)))}). \`carechain scrub --heal --data-dir <folder>\` mends it; what is missing then comes from the peers.`;
  throw new CarechainError('folder-damaged', sentence, {});
}
