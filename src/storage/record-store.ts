/** The part of the database that belongs to the vault: bytes under `record/` and `hosting/`, whatever they mean. */
import { assert } from '../base/index.ts';
import type { Write } from './database.ts';
import { storeKeys } from './keys.ts';
import { remove } from './rows.ts';
import type { Store } from './store.ts';

/** Keys start with `record/` or `hosting/`: see {@link storeKeys}. */
export interface RecordStore {
  /** Undefined where there is none. @throws CarechainError `folder-damaged` */
  get(key: string): Uint8Array | undefined;
  put(key: string, bytes: Uint8Array): Write;
  remove(key: string): Write;
  /** Everything whose key starts with `prefix`, in the order of the keys. @throws CarechainError `folder-damaged` */
  all(prefix: string): Promise<[key: string, bytes: Uint8Array][]>;
}

export function createRecordStore(store: Store): RecordStore {
  return {
    get: (key) => store.get(own(key)),
    put: (key, bytes) => ({ type: 'put', key: own(key), value: bytes }),
    remove: (key) => remove(own(key)),
    all: (prefix) => store.all(own(prefix)),
  };
}

function own(key: string): string {
  const isOwn = key.startsWith(storeKeys.record('')) || key.startsWith(storeKeys.hosting(''));
  assert(isOwn, 'the vault keeps to its own keys');
  return key;
}
