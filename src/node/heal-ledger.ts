/** Makes the rows that are derived from the blocks what a replay says they are. */
import { type Encodable, portions } from '../base/index.ts';
import { type ChainStore, decodeRow, type Store, type Write } from '../storage/index.ts';
import type { KeptRows } from './heal-kept.ts';
import { type AuditPorts, auditLedger } from './scrub-ledger.ts';
import { type FaultyRow, familyOf } from './scrub-report.ts';
import { isStateKey, nameIn } from './scrub-values.ts';

/** Rows that are written in one batch. */
const rowsAtOnce = 500;

/** Of rows that are to go, those of these families are left of a side branch. */
const sideFamilies: ReadonlySet<string> = new Set(['block', 'header', 'side']);

export interface MendFailure {
  readonly height: number;
  readonly hash: string | undefined;
  readonly code: string;
}

export class LedgerMend {
  readonly #ports: { readonly chain: ChainStore; readonly store: Store; readonly kept: Pick<KeptRows, 'dropSide'> };
  readonly #writes = new Map<string, Write>();
  readonly mended: FaultyRow[] = [];
  isStateMended = false;

  constructor(ports: { chain: ChainStore; store: Store; kept: Pick<KeptRows, 'dropSide'> }) {
    this.#ports = ports;
  }

  /**
   * Inside of `keeper.exclusively`. What a replay found before it failed is mended all the same: it came from blocks that
   * hold.
   * @returns why the replay could not reach the head; null where it did.
   */
  async run(
    ports: Omit<AuditPorts, 'onFault'>,
    onFault: AuditPorts['onFault'] = () => {},
  ): Promise<MendFailure | null> {
    const rows: FaultyRow[] = [];
    const { failure } = await auditLedger({
      ...ports,
      onFault: (row, write) => {
        onFault(row, write);
        rows.push(row);
        this.#writes.set(row.key, write);
      },
    });
    await this.#write();
    this.mended.push(...rows);
    if (!failure) return null;
    return { height: failure.height, hash: ports.hashes[failure.height], code: failure.rejection.code };
  }

  async #write(): Promise<void> {
    const { chain, store, kept } = this.#ports;
    const writes = [...this.#writes.values()];
    const state = writes.filter(({ key }) => isStateKey(key));
    // A body or header that belongs to no chain is what is left of a side branch.
    const isLeftOver = ({ type, key }: Write) => type === 'del' && sideFamilies.has(familyOf(key));
    const others = writes.filter((write) => !isStateKey(write.key) && !isLeftOver(write));
    for (const some of portions(others, rowsAtOnce)) await store.write(some);
    await kept.dropSide(writes.filter(isLeftOver).map(({ key }) => key));
    // Last, so that what rests on the state is told once it is mended, whatever else the disk does not take.
    for (const some of portions(state, rowsAtOnce)) await chain.replaceState(some.map(changeOf));
    this.isStateMended = state.length > 0;
  }
}

/** Only what is to be written counts: what stands there now cannot be relied on. */
function changeOf(write: Write): { key: string; before: null; after: Encodable | null } {
  const after = write.type === 'put' ? decodeRow<Encodable>(write.value) : null;
  return { key: nameIn(write.key), before: null, after };
}
