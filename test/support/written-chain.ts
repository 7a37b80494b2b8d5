/**
 * Chains that are written to a folder as a node would have, by one miner and without a network: the same rules, the same
 * writes. What it is given is signed by the caller a moment ago, so no signature is checked again.
 */
import { assert, systemClock, toHex } from '../../src/base/index.ts';
import { type KeyPair, signingKeyPair } from '../../src/crypto/index.ts';
import {
  type Block,
  type BlockContext,
  buildBlock,
  checkBlock,
  type Genesis,
  sealBlock,
  type Transaction,
} from '../../src/ledger/index.ts';
import { indexWrites, storedTimes } from '../../src/node/index.ts';
import { type ChainStore, createStore, openChainStore, openDatabase } from '../../src/storage/index.ts';
import { bytesFrom, withWork } from './ledger.ts';

/** Who mines them. */
const historian: KeyPair = signingKeyPair(bytesFrom('node of the historian'));
const blockEveryMs = 60_000;

/**
 * Writes a block for each of `blocks` to a new data folder.
 * @returns its height and how many transactions there are.
 */
export async function writeChain(
  dataDir: string,
  genesis: Genesis,
  blocks: Iterable<readonly Transaction[]>,
): Promise<{ height: number; transactions: number }> {
  const { database } = await openDatabase(dataDir);
  const store = createStore(database);
  try {
    const chain = await openChainStore(store, genesis);
    let written = 0;
    for (const transactions of blocks) {
      const context = contextAtTip(chain, genesis);
      await append(sealedOn(context, transactions), context, chain);
      written += transactions.length;
    }
    return { height: chain.tip().height, transactions: written };
  } finally {
    await store.close();
  }
}

/** What the rules are told about the block after the tip. */
export function contextAtTip(chain: ChainStore, genesis: Genesis): BlockContext {
  const parent = chain.tip();
  const medianTimes = storedTimes(chain, parent.header);
  return { genesis, parent, medianTimes, now: systemClock.now(), state: chain.state, verify: () => true };
}

/** A valid block of all of `transactions`. */
export function sealedOn(context: BlockContext, transactions: readonly Transaction[]): Block {
  const plan = buildBlock(transactions, toHex(historian.publicKey), context);
  assert(plan?.transactions.length === transactions.length, 'all of them fit and hold');
  const header = withWork({ ...plan.header, time: context.parent.header.time + blockEveryMs });
  return sealBlock(header, plan.transactions, historian.secretKey);
}

async function append(block: Block, context: BlockContext, chain: ChainStore): Promise<void> {
  const checked = checkBlock(block, context);
  assert(checked.ok, 'the block is valid');
  const effect = checked.value;
  const work = chain.tip().work + block.header.difficulty;
  const change = { removed: [], added: [{ block, work, effect }], changes: effect.changes };
  await chain.commit({ ...change, also: indexWrites(change) });
}
