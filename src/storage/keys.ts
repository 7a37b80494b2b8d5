/**
 * What a database holds: the key table. Numbers in keys are hex of a fixed width, so that keys sort as numbers do.
 * A value is the canonical encoding of what stands on the right, in an envelope (see envelope.ts); hashes are hex text.
 */
export const storeKeys = {
  /** Version of this table: 2. */
  format: () => 'meta/format',
  /** Hash of the genesis that the folder belongs to. */
  genesis: () => 'meta/genesis',
  /** The head of the main chain: { hash, height, work }. */
  tip: () => 'tip',
  /** The bytes of a block, on the main chain or on a side branch. */
  block: (hash: string) => `block/${hash}`,
  /** { sealed: header and signature, work }: of each block that is stored. */
  header: (hash: string) => `header/${hash}`,
  /** Main chain: the hash at a height. */
  height: (height: number) => `height/${hex(height, 12)}`,
  /** The consensus state after the tip, and the positions of confirmed transactions. */
  state: (key: string) => `state/${key}`,
  /** Main chain: [[state key, before, after], …] of one block. */
  undo: (hash: string) => `undo/${hash}`,
  /** Main chain: the rewards that one block paid. */
  rewards: (hash: string) => `rewards/${hash}`,
  /** How many confirmed events a patient has. */
  patientCount: (patient: string) => `patient/${patient}`,
  /** [height, position, id] of the n-th event of a patient, from 0. */
  patientEvent: (patient: string, n: number) => `patient/${patient}/${hex(n, 8)}`,
  /** { parent, bytes }: which blocks are on no main chain, lowest first. Without arguments: all of them. */
  side: (height?: number, hash?: string) => (height === undefined ? 'side/' : `side/${hex(height, 12)}/${hash}`),
  /** Orders without a result, kept by the node: true. With '': all of them. */
  openOrder: (id: string) => `open-order/${id}`,
  /** Prescriptions that can be filled, kept by the node: true. With '': all of them. */
  openPrescription: (id: string) => `open-prescription/${id}`,
  /** Ids that a member authored in the block of a height, in their order, kept by the node. With the member alone: all. */
  authored: (member: string, height?: number) =>
    height === undefined ? `authored/${member}/` : `authored/${member}/${hex(height, 12)}`,
  /** { sequence, transaction }: written by users of this node and not settled. With '': all of them. */
  outbox: (id: string) => `outbox/${id}`,
  /** true: a user of this node wrote the transaction, settled or not. */
  own: (id: string) => `own/${id}`,
  /** { sequence, transaction, code, facts, own }: what became impossible. With '': all of them. */
  lost: (id: string) => `lost/${id}`,
  /** The n-th switch of the main chain that removed blocks. Without argument: all of them. */
  reorg: (n?: number) => (n === undefined ? 'reorg/' : `reorg/${hex(n, 12)}`),
  /** { sequence, time, first, second }: sealed headers of one miner at one height. Without arguments: all of them. */
  equivocation: (height?: number, miner?: string) =>
    height === undefined ? 'equivocation/' : `equivocation/${hex(height, 12)}/${miner}`,
  /** { height, hash }: up to where a follower of the chain has handled it. */
  cursor: (follower: string) => `cursor/${follower}`,
  /** The vault's sealed records. */
  record: (name: string) => `record/${name}`,
  /** The vault's hosting statements. */
  hosting: (name: string) => `hosting/${name}`,
} as const;

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, '0');
}
