/**
 * Opens data folders whose paths come in on standard input, reads everything that is in them, and says what it found, one
 * JSON object a line. In a process of its own, because LevelDB may abort it.
 */
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openNodeKey } from '../../dist/actions/index.js';
import { createStore, openDatabase } from '../../dist/storage/index.js';

const noChance = { bytes: (length) => new Uint8Array(length), fraction: () => 0 };

for await (const folder of createInterface({ input: process.stdin })) {
  const found = await read(folder).catch(({ code, message }) => ({ refused: code ?? 'no-code', message }));
  process.stdout.write(`${JSON.stringify(found)}\n`);
}

async function read(folder) {
  const { database, tornBytes } = await openDatabase(folder);
  const store = createStore(database);
  try {
    const nodeKey = Buffer.from(await openNodeKey(folder, noChance)).toString('hex');
    const digest = Buffer.alloc(32);
    const keys = [];
    for await (const [key, value] of store.range('')) {
      keys.push(key);
      const row = createHash('sha256').update(key).update('\0').update(value).digest();
      for (let at = 0; at < 32; at++) digest[at] ^= row[at];
    }
    // A walk finds what a look-up may miss: look-ups go by the filters of the tables.
    const missed = keys.filter((key) => store.get(key) === undefined).length;
    return { digest: digest.toString('hex'), rows: keys.length, missed, nodeKey, tornBytes };
  } finally {
    await store.close();
  }
}
