/** The network that a node belongs to: a genesis file, or the demo where none is given. */
import { errorCodes, readSmallFile } from '../actions/index.ts';
import { CarechainError, limits } from '../base/index.ts';
import { demoGenesis, type Genesis, parseGenesis } from '../ledger/index.ts';
import { readStrictJson } from './strict-json.ts';

/** @throws CarechainError `file-unreadable` or `bad-genesis`. */
export async function loadGenesis(path: string | undefined): Promise<Genesis> {
  if (path === undefined) return demoGenesis;
  let text: string | null;
  try {
    text = await readSmallFile(path, limits.genesisBytes);
  } catch (error) {
    const { sentence, nextStep } = errorCodes['file-unreadable'];
    throw new CarechainError('file-unreadable', `${path}: ${sentence} ${nextStep}`, {}, error);
  }
  if (text === null) throw badGenesis('It is too long.');
  return genesisOfText(text);
}

/** @throws CarechainError `bad-genesis`. */
export function genesisOfText(text: string): Genesis {
  const read = readStrictJson(text, limits.genesisValues);
  if (read.problem === 'no-json') throw badGenesis('It is not JSON.');
  if (read.problem === 'too-many-values') throw badGenesis('It holds too many values.');
  // Two readers of one file would found two networks.
  if (read.problem === 'key-twice') throw badGenesis('It says a field twice.');
  return parseGenesis(read.value);
}

function badGenesis(why: string): CarechainError {
  const { sentence, nextStep } = errorCodes['bad-genesis'];
  return new CarechainError('bad-genesis', `${sentence} ${why} ${nextStep}`);
}
