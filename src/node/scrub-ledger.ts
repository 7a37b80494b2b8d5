/**
 * Holds everything that a folder derives from its blocks against a replay of them, row by row: headers, heights, undo
 * records, rewards, state, patients' histories, lists of what is open and who authored what. The replay makes the same
 * writes as the commits did, so a sound folder holds exactly these bytes.
 */
import { type Encodable, encode, equalBytes } from '../base/index.ts';
import { type Block, type BlockEffect, type Genesis, genesisHeader } from '../ledger/index.ts';
import {
  decodeRow,
  genesisWrites,
  type Store,
  storeKeys,
  type Tip,
  type Write,
  writesOfBlock,
} from '../storage/index.ts';
import { indexWrites } from './indexes.ts';
import type { Pause } from './pause.ts';
import { type Replay, replay } from './replay.ts';
import { type FaultyRow, familyOf } from './scrub-report.ts';
import { eachValue, isStateKey, nameIn, readAnyway } from './scrub-values.ts';

export interface AuditPorts {
  readonly genesis: Genesis;
  readonly store: Store;
  /** Of the main chain, the genesis first: see scrub-chain.ts. */
  readonly hashes: readonly (string | undefined)[];
  /** A body by its hash; undefined where it cannot be read. */
  readonly bodyOf: (hash: string) => Block | undefined;
  /** This clock, in milliseconds since 1970 UTC. */
  readonly now: number;
  readonly pause: Pause;
  /**
   * Whether this node has checked the signatures in these blocks before: the root in a header covers them, so a body that
   * fits is the one that was checked. A folder that may come from elsewhere is checked whole.
   */
  readonly areChecked?: boolean;
  /** A row is not what it should be; `write` makes it so. */
  onFault(row: FaultyRow, write: Write): void;
}

/** Families whose rows no later block changes. */
const settledFamilies: ReadonlySet<string> = new Set(['header', 'block', 'height', 'undo', 'rewards', 'authored']);

/** @returns how far the blocks hold. Only where all do, what the last of them leads to is compared too. */
export async function auditLedger(ports: AuditPorts): Promise<Replay> {
  const audit = new Audit(ports);
  const { hashes, bodyOf, genesis, now, areChecked } = ports;
  const bodies = function* () {
    for (const hash of hashes.slice(1)) yield hash === undefined ? undefined : bodyOf(hash);
  };
  const replayed = await replay(bodies(), {
    genesis,
    now,
    ...(areChecked && { verify: () => true }),
    onBlock: (block, effect) => audit.follow(block, effect),
  });
  if (replayed.failure === null) await audit.finish(replayed);
  return replayed;
}

class Audit {
  readonly #ports: AuditPorts;
  /** Rows that a later block may change, but for those of the state. */
  readonly #open = new Map<string, Uint8Array>();
  /** Keys of the rows that say who authored what. */
  readonly #authored = new Set<string>();
  #tip: Tip;

  constructor(ports: AuditPorts) {
    this.#ports = ports;
    const { genesis } = ports;
    this.#tip = { hash: genesis.hash, height: 0, work: 0, header: genesisHeader(genesis) };
    for (const write of genesisWrites(genesis)) this.#expect(write);
  }

  follow(block: Block, effect: BlockEffect): void {
    const { header, hash } = block;
    const work = this.#tip.work + header.difficulty;
    const added = { block, work, effect };
    const readRow = <Row>(key: string) => {
      const value = this.#open.get(key);
      return value && decodeRow<Row>(value);
    };
    const change = { added: [added], removed: [], changes: effect.changes };
    for (const write of [...writesOfBlock(added, this.#tip, readRow), ...indexWrites(change)]) this.#expect(write);
    this.#tip = { hash, height: header.height, work, header };
  }

  async finish({ state }: Replay): Promise<void> {
    for (const [key, value] of this.#open) this.#compare(key, value);
    await this.#compareState(state.values);
    const main = new Set(this.#ports.hashes);
    const side = await this.#sideBlocks();
    const isExpected: Readonly<Record<string, (key: string, isReadable: boolean) => boolean>> = {
      height: (key) => Number.parseInt(nameIn(key), 16) < this.#ports.hashes.length,
      undo: (key) => main.has(nameIn(key)),
      rewards: (key) => main.has(nameIn(key)),
      header: (key, isReadable) => main.has(nameIn(key)) || (side.has(nameIn(key)) && isReadable),
      block: (key, isReadable) => main.has(nameIn(key)) || (side.has(nameIn(key)) && isReadable),
      side: (key) => this.#isWhole(sideHash(key)),
      authored: (key) => this.#authored.has(key),
      patient: (key) => this.#isOfPatient(key),
      'open-order': (key) => this.#open.has(key),
      'open-prescription': (key) => this.#open.has(key),
    };
    for (const [family, expected] of Object.entries(isExpected)) {
      await this.#eachKey(`${family}/`, (key, isReadable) => {
        if (!expected(key, isReadable)) this.#ports.onFault({ key, fault: 'damaged' }, { type: 'del', key });
      });
    }
  }

  #expect(write: Write): void {
    const { key } = write;
    if (isStateKey(key)) return;
    const family = familyOf(key);
    if (family === 'authored') this.#authored.add(key);
    const isSettled = settledFamilies.has(family) || isPatientEvent(key);
    if (write.type === 'del') this.#open.delete(key);
    else if (isSettled) this.#compare(key, write.value);
    else this.#open.set(key, write.value);
  }

  #compare(key: string, expected: Uint8Array): void {
    const stored = readAnyway(this.#ports.store, key);
    if (stored && equalBytes(stored, expected)) return;
    const fault = stored === undefined ? 'missing' : 'damaged';
    this.#ports.onFault({ key, fault }, { type: 'put', key, value: expected });
  }

  async #compareState(replayed: ReadonlyMap<string, Encodable>): Promise<void> {
    const { store, pause, onFault } = this.#ports;
    const missing = new Map(replayed);
    const prefix = storeKeys.state('');
    await eachValue(
      store,
      prefix,
      (key, stored) => {
        const value = missing.get(key.slice(prefix.length));
        missing.delete(key.slice(prefix.length));
        if (value === undefined) onFault({ key, fault: 'damaged' }, { type: 'del', key });
        else if (!stored || !equalBytes(stored, encode(value)))
          onFault({ key, fault: 'damaged' }, { type: 'put', key, value: encode(value) });
      },
      pause,
    );
    for (const [name, value] of missing) {
      const key = storeKeys.state(name);
      onFault({ key, fault: 'missing' }, { type: 'put', key, value: encode(value) });
    }
  }

  /** Hashes of the side blocks that the folder lists. */
  async #sideBlocks(): Promise<Set<string>> {
    const hashes = new Set<string>();
    await this.#eachKey(storeKeys.side(), (key) => hashes.add(sideHash(key)));
    return hashes;
  }

  /** Whether header and body of a side block are here. */
  #isWhole(hash: string): boolean {
    const { store } = this.#ports;
    return [storeKeys.header(hash), storeKeys.block(hash)].every((key) => readAnyway(store, key));
  }

  #isOfPatient(key: string): boolean {
    if (!isPatientEvent(key)) return this.#open.has(key);
    const [, patient, n] = key.split('/') as [string, string, string];
    const count = this.#open.get(storeKeys.patientCount(patient));
    return count !== undefined && Number.parseInt(n, 16) < decodeRow<number>(count);
  }

  #eachKey(prefix: string, see: (key: string, isReadable: boolean) => void): Promise<void> {
    return eachValue(this.#ports.store, prefix, (key, value) => see(key, value !== null), this.#ports.pause);
  }
}

function sideHash(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

function isPatientEvent(key: string): boolean {
  return familyOf(key) === 'patient' && key.split('/').length === 3;
}
