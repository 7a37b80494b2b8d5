import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LoginGuard } from '../../src/actions/login-guard.ts';
import type { Clock } from '../../src/base/index.ts';
import { lockKeyFile } from '../../src/crypto/index.ts';
import { bytesFrom } from '../support/ledger.ts';
import { type Clinic, openClinic, type User } from './clinic.ts';

/** Passes the time by itself, and tells how much of it was waited for. */
class PatientClock implements Clock {
  waits: number[] = [];
  now = () => Date.UTC(2026, 0, 2);
  after(delayMs: number, run: () => void) {
    // Only what lasts a second or more is a wait that a person would feel; the node's own timers do not run here.
    if (delayMs >= 1_000 && this.counting) {
      this.waits.push(delayMs);
      setImmediate(run);
    }
    return { cancel() {} };
  }
  counting = false;
}

/** A key file of the least cost; the seeds are those of the test world unless others are named. */
async function writeKeyFile(dataDir: string, username: string, seedName = username): Promise<void> {
  const file = await lockKeyFile({
    username,
    signingSeed: bytesFrom(seedName),
    sealingSeed: bytesFrom(`sealing ${seedName}`),
    password: `password of ${username}`,
    salt: bytesFrom('salt').slice(0, 16),
    nonce: bytesFrom('nonce').slice(0, 12),
    N: 2 ** 14,
  });
  await mkdir(join(dataDir, 'keys'), { recursive: true });
  await writeFile(join(dataDir, 'keys', `${username}.json`), JSON.stringify(file));
}

let clinic: Clinic;
let clock: PatientClock;
let user: User;

beforeEach(async () => {
  clock = new PatientClock();
  clinic = await openClinic({
    clock,
    async prepare(dataDir) {
      await writeKeyFile(dataDir, 'alice');
      await writeKeyFile(dataDir, 'bob', 'somebody else');
    },
  });
  user = clinic.user();
});
afterEach(() => clinic.close());

const right = { username: 'alice', password: 'password of alice' };

test('login, whoami, logout', async () => {
  expect(await user.must('whoami')).toMatchObject({ username: null, role: null });
  expect(await user.must('login', right)).toMatchObject({ username: 'alice', role: 'doctor' });
  expect(await user.must('whoami')).toMatchObject({ username: 'alice', role: 'doctor' });
  await user.must('register', { name: 'Jane' });
  const { keys } = user.session.user!;
  expect(await user.must('logout')).toEqual({ username: 'alice' });
  expect(user.session).toEqual({ user: null, activePatient: null, lastList: [] });
  expect([...keys.signing.secretKey, ...keys.sealing.secretKey].every((byte) => byte === 0)).toBe(true);
  expect(await user.code('history')).toBe('login-required');
  expect(await user.must('login', right)).toMatchObject({ username: 'alice' });
});

test('an unknown user and a wrong password get the same answer', async () => {
  const wrong = await user.run('login', { ...right, password: 'wrong' });
  expect(wrong).toMatchObject({ ok: false, error: { code: 'login-failed' } });
  expect(await user.run('login', { username: 'nobody', password: 'wrong' })).toEqual(wrong);
  expect(await user.run('login', { username: '__proto__', password: 'wrong' })).toEqual(wrong);
  expect(await user.code('login', { username: 'alice' })).toBe('missing-argument');
  expect(user.session.user).toBeNull();
});

test('an unknown user costs as much work as a wrong password', async () => {
  clock.counting = true;
  const costs = { alice: [] as number[], nobody: [] as number[] };
  for (let round = 0; round < 7; round++) {
    for (const username of ['alice', 'nobody'] as const) {
      const start = process.cpuUsage();
      await user.run('login', { username, password: 'wrong' });
      const { user: ours, system } = process.cpuUsage(start);
      costs[username].push(ours + system);
    }
  }
  // Half of it would show: a name that is refused unlooked at costs a hundredth.
  const medianOf = (all: number[]) => all.toSorted((left, right) => left - right)[3]!;
  const ratio = medianOf(costs.nobody) / medianOf(costs.alice);
  expect(ratio).toBeGreaterThan(0.67);
  expect(ratio).toBeLessThan(1.5);
});

test('keys that are not those of the member do not log in', async () => {
  expect(await user.code('login', { username: 'bob', password: 'password of bob' })).toBe('key-file-not-of-member');
});

test('after five failures in a row each attempt waits, longer each time, until one succeeds', async () => {
  clock.counting = true;
  for (let failures = 0; failures < 12; failures++) await user.code('login', { ...right, password: 'wrong' });
  expect(clock.waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  expect(await user.code('login', right)).toBe('OK');
  clock.waits = [];
  expect(await user.code('login', { ...right, password: 'wrong' })).toBe('login-failed');
  expect(clock.waits).toEqual([]);
});

test('attempts at the same time run one after another', async () => {
  const guard = new LoginGuard(clock);
  let running = 0;
  let most = 0;
  const attempt = () =>
    guard.attempt(async () => {
      most = Math.max(most, ++running);
      await Promise.resolve();
      running--;
      return null;
    });
  await Promise.all([attempt(), attempt(), attempt()]);
  expect(most).toBe(1);
  await expect(guard.attempt(() => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
  expect(await guard.attempt(async () => 'in')).toBe('in');
});
