/** The network that is attacked: the people of every test, and blocks that cost enough for their work to mean something. */
import { testGenesis, type World } from '../support/ledger.ts';

/** Expected hashes of a block: milliseconds for who mines, and more than chance for who does not. */
export const arenaDifficulty = 1_024;

/** Transactions of two worlds are two, though both come from counters: each part of the program has its own names. */
export function arenaWorld(): World {
  return testGenesis({ name: 'arena', difficulty: arenaDifficulty });
}
