import fc from 'fast-check';
import { expect, test } from 'vitest';
import { limits, toHex } from '../../src/base/index.ts';
import { checkStatement, type HostingStatement, signStatement } from '../../src/vault/hosting.ts';
import { Chain, hashFrom, nodeKeysFrom, testGenesis } from '../support/ledger.ts';

const world = testGenesis();
const { state } = new Chain(world);
const now = world.genesis.time;
const dayMs = 24 * 60 * 60 * 1_000;
const context = { network: world.genesis.hash, state, now };
const statement: HostingStatement = {
  network: world.genesis.hash,
  member: world.id('alice'),
  nodeKey: toHex(nodeKeysFrom('clinic').publicKey),
  until: now + limits.hostingMs,
};
const secretKey = world.keys.alice!.signing.secretKey;

function check(bend: Partial<HostingStatement>, by = secretKey) {
  return checkStatement(signStatement({ ...statement, ...bend }, by), context);
}

test('a statement holds for its member, node and time', () => {
  expect(check({})).toEqual(statement);
  expect(check({ until: now + limits.hostingMs + dayMs })).not.toBeNull();
});

const refused: Record<string, () => HostingStatement | null> = {
  'over now': () => check({ until: now }),
  'longer than statements last': () => check({ until: now + limits.hostingMs + dayMs + 1 }),
  'of another network': () => check({ network: hashFrom('another network') }),
  'of somebody who is no member': () => check({ member: hashFrom('nobody') }),
  'signed by another member': () => check({}, world.keys.bob!.signing.secretKey),
  'signed with the sealing key': () => check({}, world.keys.alice!.sealing.secretKey),
};

test.each(Object.keys(refused))('refused: %s', (name) => {
  expect(refused[name]!()).toBeNull();
});

test('no byte of it can be another', () => {
  const bytes = signStatement(statement, secretKey);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
      const bent = Uint8Array.from(bytes);
      bent[at]! ^= difference;
      return checkStatement(bent, context) === null;
    }),
    { numRuns: 300 },
  );
});

test('whatever bytes: it answers null and throws nothing', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (given) => checkStatement(given, context) === null));
});
