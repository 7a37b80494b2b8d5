/** The one batch of a switch: state, bodies, headers, heights, undo records, rewards, patients' histories, tip. */
import { assert } from '../base/index.ts';
import {
  type Block,
  encodeSealedHeader,
  type Genesis,
  genesisChanges,
  genesisHeader,
  patientOf,
  type StateChange,
  type StateView,
} from '../ledger/index.ts';
import type { ChainCommit, Tip } from './chain-store.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { PatientIndexChange } from './patient-index.ts';
import { putRow, remove } from './rows.ts';
import { SideBlocks } from './side-blocks.ts';

/** Version of the key table. */
export const folderFormat = 2;

/** What a switch starts from. */
export interface Before {
  readonly tip: Tip;
  readonly state: StateView;
  readonly side: SideBlocks;
  readonly readRow: <Row>(key: string) => Row | undefined;
}

export function commitWrites(change: ChainCommit, tip: Tip, before: Before): Write[] {
  const patients = new PatientIndexChange(before.readRow);
  const writes = stateWrites(change.changes);
  for (const block of change.removed) {
    for (const { body } of block.transactions.toReversed()) {
      const patient = patientOf(body, before.state);
      assert(patient !== undefined, 'the state knows the references of what is confirmed');
      if (patient !== null) patients.removeLast(patient);
    }
    writes.push(before.side.enter(block), remove(storeKeys.undo(block.hash)), remove(storeKeys.rewards(block.hash)));
  }
  for (let height = tip.height + 1; height <= before.tip.height; height++) {
    writes.push(remove(storeKeys.height(height)));
  }
  for (const { block, work, effect } of change.added) {
    const { hash, header, transactions } = block;
    // Bodies of a side branch are on the disk already, so the batch stays small however long the branch is.
    if (before.side.has(hash)) writes.push(...before.side.leave(hash));
    else writes.push(...bodyWrites(block, work));
    writes.push(
      putRow(storeKeys.height(header.height), hash),
      putRow(
        storeKeys.undo(hash),
        effect.changes.map(({ key, before, after }) => [key, before, after]),
      ),
      putRow(
        storeKeys.rewards(hash),
        effect.rewards.map((reward) => ({ ...reward })),
      ),
    );
    for (const [index, { id }] of transactions.entries()) {
      const patient = effect.patients[index];
      assert(patient !== undefined, 'an effect names the patient of each transaction');
      const position = effect.rewards.length + index;
      if (patient !== null) patients.add(patient, { height: header.height, position, id });
    }
  }
  writes.push(...patients.writes(), tipWrite(tip), ...change.also);
  return writes;
}

/**
 * What a sound folder holds because of one block that follows `tip`: the same writes as those of its commit.
 * @param readRow patients' histories as they were before it.
 */
export function writesOfBlock(added: ChainCommit['added'][number], tip: Tip, readRow: Before['readRow']): Write[] {
  const { block, work, effect } = added;
  const after = { hash: block.hash, height: block.header.height, work, header: block.header };
  const before = { tip, state: { get: () => undefined }, side: new SideBlocks(), readRow };
  return commitWrites({ removed: [], added: [added], changes: effect.changes, also: [] }, after, before);
}

/** What a sound folder holds before its first block. */
export function genesisWrites(genesis: Genesis): Write[] {
  return [
    ...stateWrites(genesisChanges(genesis)),
    putRow(storeKeys.format(), folderFormat),
    putRow(storeKeys.genesis(), genesis.hash),
    putRow(storeKeys.height(0), genesis.hash),
    tipWrite({ hash: genesis.hash, height: 0, work: 0, header: genesisHeader(genesis) }),
  ];
}

export function bodyWrites(block: Block, work: number): Write[] {
  return [
    { type: 'put', key: storeKeys.block(block.hash), value: block.bytes },
    putRow(storeKeys.header(block.hash), { sealed: encodeSealedHeader(block), work }),
  ];
}

export function stateWrites(changes: readonly StateChange[]): Write[] {
  return changes.map(({ key, after }) =>
    after === null ? remove(storeKeys.state(key)) : putRow(storeKeys.state(key), after),
  );
}

export function tipWrite({ hash, height, work }: Tip): Write {
  return putRow(storeKeys.tip(), { hash, height, work });
}
