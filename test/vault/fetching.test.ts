import { expect, test } from 'vitest';
import { silentLogger, systemRandom } from '../../src/base/index.ts';
import { networkLimits, requestFailed } from '../../src/network/index.ts';
import { encodeAnswer } from '../../src/vault/exchange.ts';
import { Fetching } from '../../src/vault/fetching.ts';
import { Wanted } from '../../src/vault/wanted.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';

/** Long enough for two patiences, and for what is due to have waited for a batch under way. */
const boundMs = 2 * networkLimits.patienceMs + 2_000;

/** After so long a request to a peer that says nothing has failed: it owes no answer any more. */
const answerMs = 10_000;

/** A vault's asking side between silent peers and an author, who has nothing yet. */
function start(silent: number) {
  const clock = createVirtualClock();
  const wanted = new Wanted();
  const names = [...Array.from({ length: silent }, (_, at) => `silent ${at}`), 'author'];
  const askedAt: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  const peers = names.map((peerId) => ({
    peerId,
    address: peerId,
    status: null,
    clockOffsetMs: null,
    isConfigured: false,
  }));
  const fetching = new Fetching({
    network: {
      peers: () => peers,
      request(peerId) {
        askedAt[peerId]!.push(clock.now());
        if (peerId === 'author') return Promise.resolve(encodeAnswer([]));
        return new Promise((_resolve, reject) =>
          clock.after(answerMs, () => reject(requestFailed('it took too long'))),
        );
      },
      shun() {},
    },
    wanted,
    hosted: { statementFor: () => new Uint8Array(1) } as never,
    keeping: { isStillWanted: async () => true } as never,
    clock,
    random: systemRandom,
    logger: silentLogger,
  });
  const want = (number: number) => {
    const id = number.toString(16).padStart(64, '0');
    wanted.add({ id, sealed: { commitment: '', readers: [] }, transaction: '00' });
    fetching.wake();
  };
  return { clock, fetching, askedAt, want };
}

test('a record is asked for at its author within two patiences, however many peers say nothing', async () => {
  const { clock, fetching, askedAt, want } = start(60);
  const began = clock.now();
  want(1);
  await clock.advance(boundMs);
  expect(askedAt.author![0]! - began).toBeLessThanOrEqual(2 * networkLimits.patienceMs);
  fetching.stop();
});

test('a record that is wanted while others are asked for does not wait for the silent', async () => {
  const { clock, fetching, askedAt, want } = start(60);
  want(1);
  await clock.advance(100);
  const began = clock.now();
  want(2);
  await clock.advance(boundMs);
  // For the first record, which chance may have had asked for at once, and for the second.
  expect(askedAt.author!.length).toBeGreaterThanOrEqual(2);
  // Once the silent are known, a further one is asked for at once, and nobody is asked twice who owes an answer.
  await clock.advance(1_000);
  const asked = askedAt.author!.length;
  const silent = askedAt['silent 0']!;
  const before = silent.length;
  want(3);
  await clock.advance(1_500);
  expect(askedAt.author!.length).toBeGreaterThan(asked);
  const owes = (at: number) => silent.some((earlier) => earlier < at && at < earlier + answerMs);
  expect(silent.slice(before).filter(owes)).toEqual([]);
  expect(clock.now() - began).toBeLessThan(answerMs + boundMs);
  fetching.stop();
});
