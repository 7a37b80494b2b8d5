/** Holds the stored chain against its rules: `verify` says how far it holds, `recalculate` mends the state beside it. */
import { CarechainError, type Clock, describeError } from '../base/index.ts';
import type { Block, Genesis } from '../ledger/index.ts';
import { type ChainStore, decodeRow, type Store, type Write } from '../storage/index.ts';
import type { ChainKeeper } from './chain-keeper.ts';
import type { KeptRows } from './heal-kept.ts';
import { LedgerMend, type MendFailure } from './heal-ledger.ts';
import { turn } from './pause.ts';
import { replay } from './replay.ts';
import { mainChain, readBlock } from './scrub-chain.ts';
import type { FaultyRow } from './scrub-report.ts';
import { isStateKey, nameIn, readAnyway } from './scrub-values.ts';

export interface VerificationPorts {
  readonly genesis: Genesis;
  readonly chain: ChainStore;
  readonly store: Store;
  readonly keeper: ChainKeeper;
  readonly kept: Pick<KeptRows, 'dropSide'>;
  readonly clock: Clock;
  /** The stored state was mended. */
  onMended(): void;
}

/** A value as it was stored and as the replay makes it; `null` for none, `damaged` for what could not be read. */
export interface Repair {
  /** Of the state; or `folder/` and the key of a value that is kept beside the state. */
  readonly key: string;
  readonly stored: string;
  readonly replayed: string;
}

export class Verification {
  readonly #ports: VerificationPorts;

  constructor(ports: VerificationPorts) {
    this.#ports = ports;
  }

  /** The chain as it is when asked; where a reorg takes a part of it away meanwhile, once more. */
  async verify(onProgress?: (height: number) => void) {
    const { genesis, chain, clock } = this.#ports;
    for (;;) {
      const {
        head,
        state: _state,
        ...report
      } = await replay(this.#blocks(), {
        genesis,
        now: clock.now(),
        onBlock: ({ header }) => onProgress?.(header.height),
      });
      if (chain.isOnMainChain(head)) return report;
    }
  }

  /** Makes everything that is derived from the blocks what they lead to. */
  recalculate() {
    const { genesis, chain, store, keeper, kept, clock, onMended } = this.#ports;
    return keeper.exclusively(async () => {
      const repaired: Repair[] = [];
      const mend = new LedgerMend({ chain, store, kept });
      const failure = await mend.run(
        {
          genesis,
          store,
          hashes: await mainChain(store, genesis, chain.tip(), turn),
          bodyOf: (hash) => readBlock(store, hash),
          areChecked: true,
          now: clock.now(),
          pause: turn,
        },
        (row, write) => repaired.push(repairOf(row, write, store)),
      );
      if (mend.isStateMended) onMended();
      if (failure) throw damagedAt(failure);
      return { equal: repaired.length === 0, repaired };
    });
  }

  *#blocks(): Iterable<Block | undefined> {
    const { chain } = this.#ports;
    const { height: last } = chain.tip();
    for (let height = 1; height <= last && height <= chain.tip().height; height++) yield this.#block(height);
  }

  /** @throws CarechainError `folder-damaged`, which names the height. */
  #block(height: number): Block | undefined {
    const { chain } = this.#ports;
    try {
      return chain.block(chain.hashAt(height)!);
    } catch (error) {
      const { code, message } = describeError(error);
      if (code !== 'folder-damaged') throw error;
      throw new CarechainError(code, `Block #${height} cannot be read. ${message}`, { height }, error);
    }
  }
}

function repairOf({ key }: FaultyRow, write: Write, store: Store): Repair {
  const stored = readAnyway(store, key);
  const replayed = write.type === 'put' ? write.value : undefined;
  if (isStateKey(key)) return { key: nameIn(key), stored: inWords(stored), replayed: inWords(replayed) };
  const here = stored === null ? 'damaged' : stored === undefined ? 'null' : 'another value';
  return { key: `folder/${key}`, stored: here, replayed: replayed ? 'written again' : 'null' };
}

function inWords(value: Uint8Array | null | undefined): string {
  if (value === null) return 'damaged';
  return JSON.stringify(value === undefined ? null : decodeRow(value));
}

function damagedAt({ height, code }: MendFailure): CarechainError {
  const sentence = `Block #${height} of this folder cannot be read or breaks the rules (${code}). Stop the node and run \`carechain scrub --heal --data-dir <folder>\`.`;
  return new CarechainError('folder-damaged', sentence, { height });
}
