/** The network that a node belongs to: a genesis file, or the demo where none is given. */
import { readFile } from 'node:fs/promises';
import { errorCodes } from '../actions/index.ts';
import { CarechainError } from '../base/index.ts';
import { demoGenesis, type Genesis, parseGenesis } from '../ledger/index.ts';

/** @throws CarechainError `file-unreadable` or `bad-genesis`. */
export async function loadGenesis(path: string | undefined): Promise<Genesis> {
  if (path === undefined) return demoGenesis;
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const { sentence, nextStep } = errorCodes['file-unreadable'];
    throw new CarechainError('file-unreadable', `${path}: ${sentence} ${nextStep}`, {}, error);
  }
  return parseGenesis(parseJson(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { sentence, nextStep } = errorCodes['bad-genesis'];
    throw new CarechainError('bad-genesis', `${sentence} It is not JSON. ${nextStep}`, {}, error);
  }
}
