import { expect, test } from 'vitest';
import { resolveImport, sourceFiles } from '../support/source-tree.ts';

/** The house from the ground up: an import may only point to a room listed before its own. */
const rooms = [
  'base',
  'crypto',
  'ledger',
  'storage',
  'network',
  'node',
  'vault',
  'registry',
  'studies',
  'actions',
  'cli',
  'http',
  'web',
];
const strangers: readonly (readonly string[])[] = [
  ['storage', 'network'],
  ['vault', 'registry', 'studies'],
  ['cli', 'http', 'web'],
];

const files = sourceFiles();
const crossings = files.flatMap((file) =>
  file.imports
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => ({ file, target: resolveImport(file, specifier) }))
    .map(({ file, target }) => ({ from: file.room, path: file.path, to: target.split('/')[1]!, target }))
    .filter(({ from, to }) => from !== to),
);

test('every room is known', () => {
  expect([...new Set(files.map(({ room }) => room))].filter((room) => !rooms.includes(room))).toEqual([]);
});

test('an import points only to a room further down', () => {
  expect(
    crossings
      .filter(({ from, to }) => rooms.indexOf(to) >= rooms.indexOf(from))
      .map(({ path, target }) => `${path} -> ${target}`),
  ).toEqual([]);
});

test('rooms that do not know each other stay apart', () => {
  const met = crossings.filter(({ from, to }) => strangers.some((group) => group.includes(from) && group.includes(to)));
  expect(met.map(({ path, target }) => `${path} -> ${target}`)).toEqual([]);
});

test('another room is entered by its face', () => {
  const backDoors = crossings.filter(
    ({ target }) => !target.endsWith('/index.ts') && target !== 'src/base/node-20-shim.ts',
  );
  expect(backDoors.map(({ path, target }) => `${path} -> ${target}`)).toEqual([]);
});

test.each([
  ['@noble/', 'crypto'],
  ['@hpke/', 'crypto'],
  ['abstract-level', 'storage'],
  ['level', 'storage'],
  ['libp2p', 'network'],
  ['@libp2p/', 'network'],
  ['@chainsafe/', 'network'],
  ['commander', 'cli'],
  ['inquirer', 'cli'],
])('%s is imported by %s alone', (name, room) => {
  const importers = files.filter(({ imports }) =>
    imports.some((specifier) => (name.endsWith('/') ? specifier.startsWith(name) : specifier === name)),
  );
  expect(importers.filter((file) => file.room !== room).map(({ path }) => path)).toEqual([]);
});
