/** The network that is attacked: the people of every test, and blocks that cost enough for their work to mean something. */
import { people, testGenesis, type World } from '../support/ledger.ts';

/** Expected hashes of a block: milliseconds for who mines, and more than chance for who does not. */
export const arenaDifficulty = 1_024;

/** Doctors who write nothing but floods: what one member may have pending is bounded, so that each fills its own share. */
export const floodAuthors = ['eve', 'ivan', 'olga'] as const;

/** Transactions of two worlds are two, though both come from counters: each part of the program has its own names. */
export function arenaWorld(): World {
  const strangers = Object.fromEntries(floodAuthors.map((name) => [name, 'doctor'] as const));
  return testGenesis({ name: 'arena', difficulty: arenaDifficulty, members: { ...people, ...strangers } });
}
