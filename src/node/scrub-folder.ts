/** Scrubs the folder of a stopped node: every file, every value, every link, and all that follows from a full replay. */
import { CarechainError, type Clock, describeError } from '../base/index.ts';
import type { Genesis } from '../ledger/index.ts';
import { type Store, storeKeys } from '../storage/index.ts';
import type { LedgerFile } from './node-settings.ts';
import { turn } from './pause.ts';
import { mainChain, readBlock, readRowAnyway, readTip } from './scrub-chain.ts';
import { KeptScrub } from './scrub-kept.ts';
import { auditLedger } from './scrub-ledger.ts';
import { type ScrubReport, ScrubTally } from './scrub-report.ts';
import { eachValue } from './scrub-values.ts';

export interface StoppedFolder {
  readonly genesis: Genesis;
  readonly store: Store;
  readonly files: AsyncIterable<LedgerFile>;
  readonly clock: Clock;
  /** Keys whose values are told to be missing already. */
  readonly knownMissing?: ReadonlySet<string>;
}

/** @throws CarechainError `folder-other-network` */
export async function scrubFolder(folder: StoppedFolder): Promise<ScrubReport> {
  const { genesis, store, files, clock, knownMissing = new Set() } = folder;
  refuseOtherNetwork(store, genesis);
  const tally = new ScrubTally();
  for await (const file of files) tally.file(file);
  const kept = new KeptScrub(store);
  const see = (key: string, value: Uint8Array | null) => {
    tally.value(key);
    if (value === null) tally.fault({ key, fault: 'damaged' });
    kept.see(key, value);
  };
  await unlessUnreadable(tally, () => eachValue(store, '', see, turn));
  for (const fault of kept.faults()) if (!knownMissing.has(fault.key)) tally.fault(fault);
  const tip = (await unlessUnreadable(tally, () => readTip(store, genesis))) ?? { hash: genesis.hash, height: 0 };
  const hashes = await mainChain(store, genesis, tip, turn);
  const replayed = await unlessUnreadable(tally, () =>
    auditLedger({
      genesis,
      store,
      hashes,
      bodyOf: (hash) => readBlock(store, hash),
      now: clock.now(),
      pause: turn,
      onFault: (row) => tally.fault(row),
    }),
  );
  const { height, failure } = replayed ?? { height: 0, failure: null };
  // A block that cannot be read breaks no rule: it is counted among what is damaged or missing.
  const hash = failure ? hashes[failure.height] : undefined;
  const isReadable = hash !== undefined && readBlock(store, hash) !== undefined;
  if (hash !== undefined && !isReadable) tally.fault({ key: storeKeys.block(hash), fault: 'missing' });
  return tally.report({ time: clock.now(), height, tipHeight: tip.height, failure: isReadable ? failure : null });
}

/** LevelDB may be unable to read on in the middle of a range: that is damage of its files, and no end of the scrub. */
async function unlessUnreadable<Result>(tally: ScrubTally, read: () => Promise<Result>): Promise<Result | null> {
  try {
    return await read();
  } catch (error) {
    if (describeError(error).code !== 'folder-damaged') throw error;
    tally.file({ file: 'ledger', bytes: 0, damage: 'LevelDB cannot read on' });
    return null;
  }
}

/** @throws CarechainError `folder-other-network` */
export function refuseOtherNetwork(store: Store, genesis: Genesis): void {
  const found = readRowAnyway<string>(store, storeKeys.genesis());
  if (found === undefined || found === genesis.hash) return;
  const sentence = `This folder belongs to the network ${found.slice(0, 16)}, not to ${genesis.name} (${genesis.hash.slice(0, 16)}). Give the genesis of that network with --network.`;
  throw new CarechainError('folder-other-network', sentence, { found, expected: genesis.hash });
}
