/** docs/PROTOCOL.md says what the code does: its tables, its lists and its examples are held against it. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Encodable,
  encode,
  type Fields,
  limits,
  type MapShape,
  Misfit,
  readShape,
  type Shape,
  toHex,
} from '../../src/base/index.ts';
import { blockLine, genesisLine } from '../../src/cli/one-shot/block-line.ts';
import {
  demoGenesisFile,
  genesisHeader,
  kindNames,
  mayAuthor,
  parseGenesis,
  rejections,
  roles,
  stateKeys,
  systemAccount,
} from '../../src/ledger/index.ts';
import { kinds } from '../../src/ledger/kinds/index.ts';
import { networkLimits } from '../../src/network/network-limits.ts';
import { encodeStatus } from '../../src/network/status-message.ts';
import { wireBytes } from '../../src/network/wire.ts';
import { envelopeBytes } from '../../src/vault/envelope.ts';
import { recordsPerRequest, requestBytes } from '../../src/vault/exchange.ts';
import { statementBytes } from '../../src/vault/hosting.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { sourceFiles } from '../support/source-tree.ts';
import { codeBlocks, page, type Table, tablesOf } from './tables.ts';

const markdown = page('docs/PROTOCOL.md');
const tables = tablesOf(markdown);
const vectors = JSON.parse(readFileSync(new URL('../vectors/ledger.json', import.meta.url), 'utf8'));

function tablesIn(section: string): Table[] {
  const found = tables.filter((table) => table.section === section);
  if (found.length === 0) throw new Error(`no table under ${section}`);
  return found;
}

function columnOf({ rows }: Table, index = 0): string[] {
  return rows.map((row) => row[index]!);
}

test('the rejection table is that of the code, row by row', () => {
  const [table] = tablesIn('Rejections');
  const expected = Object.entries(rejections).map(([code, row]) => [code, row.nature, row.sentence, row.nextStep]);
  expect(table!.rows).toEqual(expected);
});

test('the codes that condemn no hash', () => {
  const [, sentence] = /It must not for ([^.]*)\./.exec(markdown)!;
  const named = [...sentence!.matchAll(/`([a-z-]+)`/g)].map(([, code]) => code);
  const ofBlocks = Object.entries(rejections).filter(([code]) => code !== 'malformed-transaction');
  const expected = ofBlocks.flatMap(([code, { condemns }]) => (condemns === 'hash' ? [] : [code]));
  expect(named.sort()).toEqual(expected.sort());
});

test('the role and kind matrix', () => {
  const [table] = tablesIn('Who may author what');
  expect(table!.columns).toEqual(['kind', ...roles]);
  expect(table!.rows).toEqual(kindNames.map((kind) => [kind, ...roles.map((role) => answer(mayAuthor(role, kind)))]));
});

describe.each(kindNames)('%s', (kind) => {
  test('has the fields that the page lists', () => {
    const [table] = tablesIn(kind);
    const { records, ...fields } = kinds[kind].fields;
    const slots = Object.entries((records as MapShape<Fields>).fields).map(([slot, shape]) => [
      `records.${slot}`,
      takes(shape, null) ? 'sealed or null' : 'sealed',
    ]);
    const rows = table!.rows.map(([field, type]) => [field, type]);
    expect(rows.map(([field]) => field)).toEqual([...Object.keys(fields), ...slots.map(([field]) => field)]);
    expect(rows.filter(([field]) => field!.startsWith('records.'))).toEqual(slots);
  });

  test('has fields of the types that the page says', () => {
    const [table] = tablesIn(kind);
    for (const [field, type] of table!.rows) {
      const shape = (kinds[kind].fields as Fields)[field!];
      if (!shape) continue;
      for (const [name, samples] of Object.entries(wireSamples)) {
        const takesSome = samples.some((sample) => takes(shape, sample));
        expect([field, name, takesSome]).toEqual([field, name, name === type]);
      }
    }
  });
});

function takes(shape: Shape<unknown>, wire: Encodable): boolean {
  try {
    readShape(shape, encode(wire));
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(Misfit);
    return false;
  }
}

/** Values as they stand on the wire, by the name of their type on the page. */
const uuid = Uint8Array.from(Buffer.from('825988bd606f4ca286ba5fff29a557f4', 'hex'));
const wireSamples: Record<string, Encodable[]> = {
  'bytes(16)': [uuid],
  'bytes(32)': [new Uint8Array(32)],
  uint: [1],
  text: ['report-access', 'other'],
};

test('the fields of every kind are those that a transaction has beside its own', () => {
  const [common, sealed] = tablesIn('Fields of every kind');
  const {
    kind: _kind,
    to: _to,
    amount: _amount,
    reason: _reason,
    records: _records,
    ...left
  } = vectors.transactions[1].body;
  expect(columnOf(common!).sort()).toEqual(['kind', ...Object.keys(left)].sort());
  expect(columnOf(sealed!)).toEqual(Object.keys(vectors.transactions[0].body.records.notes));
});

test('the fields of a header', () => {
  const table = tablesIn('Blocks').find(({ columns }) => columns[0] === 'field')!;
  expect(columnOf(table)).toEqual(Object.keys(genesisHeader(parseGenesis(demoGenesisFile))));
});

test('the fields of a reward', () => {
  const { id: _id, bytes: _bytes, leaf: _leaf, ...fields } = vectors.reward;
  expect(columnOf(tablesIn('Rewards')[0]!).sort()).toEqual(['network', ...Object.keys(fields)].sort());
});

test('the fields of a genesis', () => {
  const fields = Object.keys(demoGenesisFile);
  const limitNames = Object.keys(demoGenesisFile.limits).map((name) => `limits.${name}`);
  expect(columnOf(tablesIn('Genesis')[0]!)).toEqual([...fields, ...limitNames]);
});

test('the fields of a status', () => {
  const table = tablesIn('The wire').find(({ columns }) => columns[0] === 'field')!;
  const hash = '00'.repeat(32);
  const status = {
    genesis: hash,
    rules: 1,
    tip: { hash, height: 0, work: 0 },
    pending: { count: 0, sum: hash },
    time: 0,
    nodeId: 'a',
    addresses: [],
    others: [],
  };
  expect(columnOf(table)).toEqual(Object.keys(status));
  expect(encodeStatus(status).length).toBeLessThan(networkLimits.statusBytes);
});

test('the fields of a line in an export', () => {
  const [genesis, block] = tablesIn('Exported chain');
  const chain = new Chain(testGenesis());
  const mined = chain.mine(chain.world.register('alice', 'zoe'));
  const namesOf = (table: Table) => columnOf(table).flatMap((cell) => cell.replaceAll('`', '').split(', '));
  expect(namesOf(genesis!)).toEqual(Object.keys(genesisLine(chain.world.genesis)));
  const line = blockLine(mined, [], chain.world.genesis);
  expect(namesOf(block!).sort()).toEqual(Object.keys(line).sort());
  for (const name of Object.keys((line.transactions as object[])[0]!)) expect(markdown).toContain(`\`${name}\``);
});

test('the keys of the state', () => {
  const [table] = tablesIn('State');
  const families = columnOf(table!).map((key) => key.replace(/<.*>$/, ''));
  expect(families).toEqual([
    stateKeys.member(''),
    stateKeys.balance(''),
    stateKeys.patient(''),
    stateKeys.order(''),
    stateKeys.prescription(''),
    stateKeys.dueQueue(),
    'due/',
    stateKeys.transaction(''),
  ]);
  expect(families).toHaveLength(Object.keys(stateKeys).length);
  expect(stateKeys.dueReward(10)).toBe('due/10');
});

test('every tag of the code is on the page, and no other', () => {
  const found = sourceFiles().flatMap(({ text }) =>
    [...text.matchAll(/'(carechain\/[a-z-]+\/1)'/g)].map((match) => match[1]!),
  );
  expect([...new Set(columnOf(tablesIn('Tags and hashes')[0]!))].sort()).toEqual([...new Set(found)].sort());
});

describe('the order of the checks', () => {
  const chain = new Chain(testGenesis());
  const names: string[] = [];
  chain.onCheck = (name) => names.push(name);
  chain.mine(chain.world.register('alice', 'zoe'));
  const start = names.lastIndexOf('unknown-rules');
  const made = names.slice(start);
  const transactionStart = made.indexOf('transaction-too-large');
  const transactionEnd = made.lastIndexOf('wrong-state-digest');

  test('of a block', () => {
    const codes = columnOf(tablesIn('Rules for blocks')[0]!, 1);
    expect(codes).toEqual([...made.slice(0, transactionStart), 'by transaction', ...made.slice(transactionEnd)]);
  });

  test('of a transaction', () => {
    const codes = columnOf(tablesIn('Check order')[0]!, 1);
    // The last one is that of the kind.
    expect(codes).toEqual([...made.slice(transactionStart, transactionEnd - 1), 'by kind']);
  });
});

describe('the limits', () => {
  const known: Record<string, number> = {
    ...limits,
    ...networkLimits,
    ...wireBytes,
    requestBytes,
    envelopeBytes,
    statementBytes,
  };
  const rows = tablesIn('Limits').flatMap((table) => table.rows);

  test.each(rows.map(([name, value]) => [name!, value!] as const))('%s is %s', (name, value) => {
    expect(known[name]).toBe(Number(value.replaceAll(',', '')));
  });

  test('none of a message is missing', () => {
    const named = rows.map(([name]) => name!);
    const ofMessages = [...Object.keys(wireBytes), 'requestBytes', 'envelopeBytes', 'statementBytes', 'statusBytes'];
    expect(ofMessages.filter((name) => !named.includes(name))).toEqual([]);
  });

  test('the bounds of the lists of messages are among them', () => {
    const messages = tablesIn('The wire').find(({ columns }) => columns[0] === 'protocol')!;
    const bounds = messages.rows
      .flat()
      .flatMap((cell) => [...cell.matchAll(/at most ([\d,]+)/g)].map((match) => match[1]!));
    const { locatorHashes, headersPerRequest, blocksPerRequest, pendingIdsPerPage } = limits;
    const { transactionsPerRequest: perRequest } = networkLimits;
    expect(bounds.map((bound) => Number(bound.replaceAll(',', '')))).toEqual([
      locatorHashes,
      headersPerRequest,
      blocksPerRequest,
      blocksPerRequest,
      pendingIdsPerPage,
      perRequest,
      perRequest,
      recordsPerRequest,
      recordsPerRequest,
    ]);
  });
});

describe('the examples', () => {
  test('the annotated transaction is the vector, to the byte', () => {
    const lines = codeBlocks(markdown, 'hex')[0]!.trim().split('\n');
    const bytes = lines.map((line) => line.split(' ')[0]).join('');
    expect(bytes).toBe(vectors.transactions[1].bytes);
    expect(markdown).toContain(vectors.transactions[1].id);
  });

  test('the genesis file is that of the vectors, but for a member', () => {
    const [genesis] = codeBlocks(markdown, 'json').map((block) => JSON.parse(block));
    const { members, ...rest } = vectors.genesis.file;
    expect(genesis).toEqual({ ...rest, members: members.slice(0, 1) });
    expect(markdown).toContain(systemAccount);
  });

  test('the list under the digest is that of the vectors', () => {
    const pairs = JSON.parse(codeBlocks(markdown, 'json')[1]!);
    const expected = vectors.digest.changes
      .filter(({ key }: { key: string }) => !key.startsWith('transaction/'))
      .map(({ key, after }: { key: string; after: unknown }) => [key, after]);
    expect(toHex(encode(pairs))).toBe(
      toHex(encode(expected.sort(([left]: [string], [right]: [string]) => (left < right ? -1 : 1)))),
    );
    for (const digest of [vectors.digest.parent, vectors.digest.digest]) expect(markdown).toContain(digest);
  });
});

function answer(holds: boolean): string {
  return holds ? 'yes' : 'no';
}
