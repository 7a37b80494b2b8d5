import { describe, expect, test } from 'vitest';
import { demoKeyFiles } from '../../src/actions/demo-key-files.ts';
import { limits, toHex } from '../../src/base/index.ts';
import { unlockKeyFile } from '../../src/crypto/index.ts';
import { demoGenesis, demoGenesisFile, parseGenesis } from '../../src/ledger/index.ts';

const passwords = {
  dr_alice: 'password123',
  lab_tech_bob: 'labpass',
  pharm_charlie: 'pharmpass',
  admin_dana: 'adminpass',
};

test('the demo network is the one that was released', () => {
  expect(demoGenesis.hash).toBe('f1b55c42a95281d2b6216a96cabc4ee9ea94370456af0264dc14ac1669a12042');
  expect(parseGenesis(JSON.parse(JSON.stringify(demoGenesisFile)))).toEqual(demoGenesis);
});

test('its members, money and limits are those of the story', () => {
  expect(demoGenesis.members.map(({ username, role, name, place }) => [username, role, name, place])).toEqual([
    ['dr_alice', 'doctor', 'Dr Alice', 'Harbour Clinic'],
    ['lab_tech_bob', 'lab', 'Bob', 'Harbour Laboratory'],
    ['pharm_charlie', 'pharmacy', 'Charlie', 'Harbour Pharmacy'],
    ['admin_dana', 'admin', 'Dana', 'Harbour Clinic'],
  ]);
  expect(demoGenesis).toMatchObject({
    name: 'carechain demo',
    time: Date.UTC(2026, 0, 1),
    miners: 'open',
    supply: 1_000_000,
    rewards: { order: 500, fill: 700 },
    prices: { reportAccess: 100 },
    difficulty: 4_096,
    limits: {
      blockBytes: limits.blockBytes,
      transactionBytes: limits.transactionBytes,
      rewardsPerBlock: limits.rewardsPerBlock,
    },
  });
});

describe('the key files of the demo', () => {
  test('are those of its members', () => {
    expect(Object.keys(demoKeyFiles)).toEqual(demoGenesis.members.map(({ username }) => username));
  });

  test.each(Object.entries(passwords))('%s opens with the password of the story', async (username, password) => {
    const keys = await unlockKeyFile(demoKeyFiles[username]!, password);
    const member = demoGenesis.members.find((each) => each.username === username)!;
    expect(keys?.username).toBe(username);
    expect(toHex(keys!.signing.publicKey)).toBe(member.signingKey);
    expect(toHex(keys!.sealing.publicKey)).toBe(member.sealingKey);
  });

  test('a wrong password opens none', async () => {
    expect(await unlockKeyFile(demoKeyFiles.dr_alice!, 'labpass')).toBeNull();
  });
});
