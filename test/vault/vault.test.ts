import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decode, type Encodable, encode, limits } from '../../src/base/index.ts';
import { decodeAnswer, encodeRequest } from '../../src/vault/exchange.ts';
import { signStatement } from '../../src/vault/hosting.ts';
import { recordIdOf } from '../../src/vault/record-id.ts';
import { bendBatches, levelError } from '../support/batches.ts';
import { hashFrom } from '../support/ledger.ts';
import { type House, link, settle, storedBytes, unlink, until, Village } from './village.ts';

const text = { notes: 'canary: sleeps badly', order: { test: 'ferritin' } };
const dayMs = 24 * 60 * 60 * 1_000;

let village: Village;
let clinic: House;
let lab: House;
let practice: House;

beforeEach(async () => {
  village = new Village();
  clinic = await village.house('clinic', 'alice');
  lab = await village.house('lab', 'bob');
  practice = await village.house('practice', 'adam');
});

afterEach(() => village.end());

const has = (house: House) => until(() => house.received.length === 1, `the record at ${house.name}`);

/** What a house answers when `asker` asks for these records with these statements. */
async function ask(asker: House, holder: House, records: readonly string[], statements: readonly Uint8Array[]) {
  const request = encodeRequest({ records, statements });
  return decodeAnswer(await asker.wires.request(holder.wires.peerId, 'vault/1', request, limits.responseBytes))!;
}

function statementOf(username: string, nodeKey: string, bend: { until?: number; network?: string } = {}) {
  const { world, clock } = village;
  const usual = { network: world.genesis.hash, until: clock.now() + limits.hostingMs };
  const statement = { member: world.id(username), nodeKey, ...usual, ...bend };
  return signStatement(statement, world.keys[username]!.signing.secretKey);
}

describe('a record on its way', () => {
  test('reaches its readers on sight of the pending transaction, and nobody else', async () => {
    const { sealed, transaction } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await has(lab);
    expect(lab.received).toEqual([{ transactionId: transaction.id, commitment: sealed.commitment }]);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
    expect(await clinic.vault.read(sealed, village.reader('alice'))).toEqual({ state: 'readable', text });
    await settle();
    expect(practice.received).toEqual([]);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'sealed' });
  });

  test('is served by its author though it was looked for there while it was being written', async () => {
    const { sealed, writes } = await clinic.vault.seal(text, [village.member('alice'), village.member('bob')]);
    const transaction = village.consultation('alice', sealed);
    // Pending in memory, its batch not on the disk yet; and just then a reorg has everything pending looked at.
    clinic.ledger.waitingToBeMined.set(transaction.id, transaction);
    clinic.ledger.emit('reorg', {
      time: 0,
      ancestorHeight: 0,
      ancestorHash: '',
      removed: [],
      added: [],
      returned: [],
      lost: [],
    });
    await settle();
    await clinic.store.write(writes);
    clinic.ledger.emit('transaction', { id: transaction.id, kind: transaction.body.kind, own: true });
    await settle();
    lab.ledger.hear(transaction);
    await has(lab);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
  });

  test('comes from a second holder while the author is away', async () => {
    village.unlinkFromAll(practice);
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob', 'adam']);
    await has(lab);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'on-its-way' });
    village.unlinkFromAll(clinic);
    link(practice.wires, lab.wires);
    await has(practice);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'readable', text });
  });

  test('comes from the block where its transaction was never seen pending', async () => {
    const { transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    village.mine(clinic, transaction);
    await has(lab);
  });

  test('is asked for again and again, ever more slowly, and at once when a peer links', async () => {
    const { sealed, transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    // Only the laboratory knows of the transaction, so the author's node gives nothing away yet.
    lab.ledger.hear(transaction);
    await until(() => lab.wires.requests === 2, 'both peers to be asked');
    await settle();
    expect(lab.wires.requests).toBe(2);
    village.clock.advance(400);
    await until(() => lab.wires.requests === 4, 'both peers to be asked again');
    await settle();
    village.clock.advance(400);
    await settle();
    expect(lab.wires.requests).toBe(4);

    clinic.ledger.hear(transaction);
    await settle();
    unlink(lab.wires, clinic.wires);
    link(lab.wires, clinic.wires);
    await has(lab);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
  });

  test('is asked for at once when a reader wants to read it', async () => {
    const { sealed, transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    lab.ledger.hear(transaction);
    await until(() => lab.wires.requests === 2);
    clinic.ledger.hear(transaction);
    await settle();
    expect(lab.received).toEqual([]);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'on-its-way' });
    await has(lab);
  });

  test('many at once come in batches', async () => {
    const made = [];
    for (let index = 0; index < 150; index++) {
      made.push(await village.prepare(clinic, 'alice', { notes: `record ${index}` }, ['alice', 'bob']));
    }
    for (const { transaction } of made) village.tell(transaction);
    await until(() => lab.received.length === 150, 'all records');
    expect(lab.wires.requests).toBeLessThan(40);
  });

  test('a commitment that somebody else repeats beside other readers makes no honest node a liar', async () => {
    const { sealed, transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    const readers = [village.world.id('adam'), village.world.id('bob')].sort();
    const copy = village.consultation('adam', { ...sealed, readers });
    village.tell(copy);
    await settle();
    village.tell(transaction);
    await has(lab);
    await settle();
    expect([...clinic.wires.shunned, ...lab.wires.shunned, ...practice.wires.shunned]).toEqual([]);
    expect(practice.received).toEqual([]);
    expect(lab.received.map(({ transactionId }) => transactionId)).toEqual([transaction.id]);
  });
});

describe('logging in', () => {
  test('fetches what older blocks hold for the member, once', async () => {
    const made = await village.prepare(clinic, 'alice', text, ['alice', 'beth']);
    village.mine(clinic, made.transaction);
    for (let height = 0; height < 5; height++)
      village.mine(clinic, village.consultation('alice', village.world.sealedFor('alice')));
    await settle();
    lab.ledger.blocksRead.length = 0;
    await lab.vault.host(village.reader('beth'));
    await has(lab);
    expect(await lab.vault.read(made.sealed, village.reader('beth'))).toEqual({ state: 'readable', text });
    await settle();
    expect(lab.ledger.blocksRead).toEqual([7, 6, 5, 4, 3, 2, 1]);

    const restarted = await village.restart(lab);
    restarted.ledger.blocksRead.length = 0;
    await restarted.vault.host(village.reader('beth'));
    await settle();
    expect(restarted.ledger.blocksRead).toEqual([]);
  });

  test('with keys of another member is refused', async () => {
    const wrong = { member: village.member('adam'), keys: village.reader('bob').keys };
    await expect(lab.vault.host(wrong)).rejects.toMatchObject({ code: 'cannot-host' });
  });

  test('reading with keys of another member is an error, and takes no harm', async () => {
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    const wrong = { member: village.member('alice'), keys: village.reader('bob').keys };
    await expect(clinic.vault.read(sealed, wrong)).rejects.toMatchObject({ code: 'wrong-sealing-key' });
    expect(await clinic.vault.read(sealed, village.reader('alice'))).toEqual({ state: 'readable', text });
  });
});

describe('what a node gives away', () => {
  test('a peer gets a record only with a statement of a reader for its own key', async () => {
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    const id = recordIdOf(sealed);
    const stranger = await village.house('stranger');
    const { nodeKey } = stranger.ledger;
    await settle();
    const asked = (...statements: Uint8Array[]) => ask(stranger, clinic, [id], statements);
    expect(await asked()).toEqual([]);
    expect(await asked(statementOf('adam', nodeKey))).toEqual([]);
    expect(await asked(statementOf('bob', lab.ledger.nodeKey))).toEqual([]);
    expect(await asked(statementOf('bob', nodeKey, { until: village.clock.now() }))).toEqual([]);
    expect(await asked(statementOf('bob', nodeKey, { network: hashFrom('another network') }))).toEqual([]);
    expect(await asked(statementOf('bob', nodeKey))).toHaveLength(1);
    expect(await ask(stranger, clinic, [hashFrom('unknown'), id, id], [statementOf('bob', nodeKey)])).toHaveLength(1);
  });

  test('others have their turn between the signatures and the records of a request', async () => {
    const statements = Array.from({ length: 64 }, () => statementOf('bob', lab.ledger.nodeKey));
    const records = Array.from({ length: 64 }, (_, index) => hashFrom(`${index}`));
    const before = clinic.wires.breaths;
    await ask(lab, clinic, records, statements);
    expect(clinic.wires.breaths - before).toBe(128);
  });

  test('what no transaction names is given to nobody', async () => {
    const { sealed } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    expect(await ask(lab, clinic, [recordIdOf(sealed)], [statementOf('bob', lab.ledger.nodeKey)])).toEqual([]);
  });

  test('a statement that has ended fetches nothing until the next login', async () => {
    village.clock.advance(limits.hostingMs + dayMs);
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await settle();
    expect(lab.received).toEqual([]);
    await lab.vault.host(village.reader('bob'));
    await has(lab);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
  });

  test('who asks with other bytes is shunned', async () => {
    const request = lab.wires.request(clinic.wires.peerId, 'vault/1', Uint8Array.of(1, 2), 100);
    await expect(request).rejects.toMatchObject({ code: 'bad-request' });
    expect(clinic.wires.shunned).toEqual([{ peerId: lab.wires.peerId, code: 'bad-request' }]);
  });

  test('an answer is within its limit, and the rest is asked for again', async () => {
    const made = [];
    const notes = 'x'.repeat(limits.recordBytes - 100);
    for (let index = 0; index < 64; index++)
      made.push(await village.prepare(clinic, 'alice', { notes }, ['alice', 'bob']));
    village.unlinkFromAll(lab);
    for (const { transaction } of made) village.tell(transaction);
    await settle();
    link(lab.wires, clinic.wires);
    await until(() => lab.received.length === 64, 'all records');
  });
});

describe('a liar', () => {
  type Wire = { [field: string]: Encodable } & { wraps: { reader: Uint8Array; wrapped: Uint8Array }[] };
  const flip = (bytes: Encodable | undefined) => {
    (bytes as Uint8Array)[5]! ^= 1;
  };
  const bends: Record<string, (wire: Wire) => void> = {
    salt: (wire) => flip(wire.salt),
    ciphertext: (wire) => flip(wire.ciphertext),
    keyHash: (wire) => flip(wire.keyHash),
    commitment: (wire) => flip(wire.commitment),
    'a reader of a wrap': (wire) => flip(wire.wraps[0]!.reader),
    'a wrap too many': (wire) =>
      void wire.wraps.push({ reader: new Uint8Array(32).fill(255), wrapped: new Uint8Array(80) }),
    'a wrap missing': (wire) => void wire.wraps.pop(),
  };
  const bendAnswer = (bend: (wire: Wire) => void) => (answer: Uint8Array) =>
    encode(
      decodeAnswer(answer)!.map((bytes) => {
        const wire = structuredClone(decode(bytes)) as Wire;
        bend(wire);
        return encode(wire);
      }),
    );

  test.each(Object.keys(bends))('is shunned for a bent envelope, and an honest holder serves: %s', async (name) => {
    village.unlinkFromAll(practice);
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob', 'adam']);
    await has(lab);
    clinic.wires.bend = bendAnswer(bends[name]!);
    link(practice.wires, clinic.wires);
    await until(() => practice.wires.shunned.length === 1, 'the liar to be shunned');
    expect(practice.wires.shunned).toEqual([{ peerId: clinic.wires.peerId, code: 'not-the-record' }]);
    expect(practice.received).toEqual([]);
    link(practice.wires, lab.wires);
    await has(practice);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'readable', text });
  });

  test('is shunned for an answer that is none, and for what nobody asked for', async () => {
    village.unlinkFromAll(lab);
    await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    clinic.wires.bend = () => Uint8Array.of(1);
    link(lab.wires, clinic.wires);
    await until(() => lab.wires.shunned.length === 1);
    const { sealed: other } = await village.consult(clinic, 'alice', { notes: 'other' }, ['alice', 'adam']);
    const unasked = clinic.store.get(`record/envelope/${recordIdOf(other)}`)!;
    clinic.wires.bend = () => encode([unasked]);
    link(lab.wires, clinic.wires);
    await until(() => lab.wires.shunned.length === 2);
    expect(lab.received).toEqual([]);
  });

  test('who bends a wrap is found out by its reader, and another holder serves', async () => {
    village.unlinkFromAll(practice);
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob', 'adam']);
    await has(lab);
    clinic.wires.bend = bendAnswer((wire) => wire.wraps.forEach(({ wrapped }) => void flip(wrapped)));
    link(practice.wires, clinic.wires);
    await has(practice);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'on-its-way' });
    await settle();
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'on-its-way' });
    link(practice.wires, lab.wires);
    await until(() => practice.received.length === 2);
    expect(await practice.vault.read(sealed, village.reader('adam'))).toEqual({ state: 'readable', text });
  });
});

describe('what the disk does', () => {
  test('records that are wanted are wanted after a restart, without reading the chain again', async () => {
    village.unlinkFromAll(lab);
    const { sealed, transaction } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    village.mine(clinic, transaction);
    await settle();
    village.unlinkFromAll(lab);
    await lab.vault.stop();
    lab.ledger.blocksRead.length = 0;
    const restarted = await village.restart(lab);
    await has(restarted);
    expect(restarted.ledger.blocksRead).toEqual([]);
    expect(await restarted.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
  });

  test('records that were noted while the disk was full are wanted after a restart too', async () => {
    village.unlinkFromAll(lab);
    const { database } = lab;
    const mend = bendBatches(database, () => Promise.reject(levelError('LEVEL_IO_ERROR')));
    const { transaction } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    village.mine(clinic, transaction);
    await settle();
    mend();
    village.mine(clinic, village.world.register('adam', 'next'));
    await settle();
    village.unlinkFromAll(lab);
    lab.ledger.blocksRead.length = 0;
    const restarted = await village.restart(lab);
    await has(restarted);
    expect(restarted.ledger.blocksRead).toEqual([]);
  });

  test('blocks that came while the vault was stopped are caught up with', async () => {
    await village.leave(lab);
    const { transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    const block = village.mine(clinic, transaction);
    lab.ledger.hearBlock(block);
    await settle();
    await has(await village.restart(lab));
  });

  test('a reorganisation is followed from where the branches part', async () => {
    const before = village.mine(clinic, village.consultation('alice', village.world.sealedFor('alice')));
    village.mine(clinic, village.consultation('alice', village.world.sealedFor('alice')));
    await settle();
    const { sealed, transaction } = await village.prepare(clinic, 'alice', text, ['alice', 'bob']);
    const { chain } = clinic.ledger;
    const side = chain.mineOn(before.hash, transaction);
    const longer = chain.mineOn(side.hash, village.consultation('alice', village.world.sealedFor('alice')));
    clinic.ledger.emit('tip', clinic.ledger.head());
    await settle();
    for (const house of [lab, practice]) {
      house.ledger.chain.now = chain.now;
      for (const block of [side, longer]) house.ledger.hearBlock(block);
    }
    await has(lab);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
  });

  test.each([
    ['noticed by the store', false],
    ['noticed by the commitment', true],
  ])('a damaged envelope is asked for anew: %s', async (_name, withChecksum) => {
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await has(lab);
    const key = `record/envelope/${recordIdOf(sealed)}`;
    const bytes = Uint8Array.from(withChecksum ? clinic.store.get(key)! : (await clinic.database.get(key))!);
    bytes[bytes.length - 500]! ^= 1;
    if (withChecksum) await clinic.store.write([{ type: 'put', key, value: bytes }]);
    else await clinic.database.put(key, bytes);
    expect(await clinic.vault.read(sealed, village.reader('alice'))).toEqual({ state: 'on-its-way' });
    await until(() => clinic.received.length === 1, 'the record to come back');
    expect(await clinic.vault.read(sealed, village.reader('alice'))).toEqual({ state: 'readable', text });
  });

  test('a damaged envelope is not served, so that its holder does not look like a liar', async () => {
    village.unlinkFromAll(practice);
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob', 'adam']);
    await has(lab);
    village.unlinkFromAll(lab);
    const key = `record/envelope/${recordIdOf(sealed)}`;
    const bytes = Uint8Array.from(clinic.store.get(key)!);
    bytes[bytes.length - 500]! ^= 1;
    await clinic.store.write([{ type: 'put', key, value: bytes }]);
    link(practice.wires, clinic.wires);
    await until(() => practice.wires.requests > 0);
    await settle();
    expect(practice.wires.shunned).toEqual([]);
    link(clinic.wires, lab.wires);
    await has(clinic);
  });

  test('clear text is in no stored byte and in no message of an error', async () => {
    const { sealed } = await village.consult(clinic, 'alice', text, ['alice', 'bob']);
    await has(lab);
    expect(await lab.vault.read(sealed, village.reader('bob'))).toEqual({ state: 'readable', text });
    for (const house of [clinic, lab, practice]) {
      const stored = Buffer.from(await storedBytes(house));
      for (const secret of ['canary', 'sleeps', 'ferritin']) expect(stored.includes(secret)).toBe(false);
      expect(stored.includes(Buffer.from(encode(text)))).toBe(false);
      for (const { signing, sealing } of Object.values(village.world.keys)) {
        expect(stored.includes(Buffer.from(signing.secretKey))).toBe(false);
        expect(stored.includes(Buffer.from(sealing.secretKey))).toBe(false);
      }
    }
  });
});
