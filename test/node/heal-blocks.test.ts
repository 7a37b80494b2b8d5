import { expect, test } from 'vitest';
import { silentLogger } from '../../src/base/index.ts';
import { networkLimits, Punctuality, requestFailed } from '../../src/network/index.ts';
import { BlockHealer } from '../../src/node/heal-blocks.ts';
import { createVirtualClock } from '../network/virtual-clock.ts';
import { Chain, testGenesis } from '../support/ledger.ts';

const world = testGenesis();
const chain = new Chain(world);
const block = chain.mineOn(world.genesis.hash, world.register('alice', 'zoe'));

/** Fetches the lost block where all but one peer say nothing; the clock stands still until the test moves it. */
function start(silent: number, punctuality?: Punctuality, clock = createVirtualClock()) {
  const names = [...Array.from({ length: silent }, (_, at) => `silent ${at}`), 'holder'];
  const asked: string[] = [];
  const healer = new BlockHealer({
    genesis: world.genesis,
    network: {
      peers: () =>
        names.map((peerId) => ({ peerId, address: peerId, status: null, clockOffsetMs: null, isConfigured: false })),
      fetchBlocks(peerId) {
        asked.push(peerId);
        if (peerId === 'holder') return Promise.resolve([block]);
        return new Promise((_resolve, reject) => clock.after(10_000, () => reject(requestFailed('it took too long'))));
      },
      shun() {},
    },
    clock,
    punctuality: punctuality ?? new Punctuality(clock),
    logger: silentLogger,
    rewardsOf: () => [],
  });
  return { healer, clock, asked };
}

test('a lost block comes within two patiences, however many peers say nothing', async () => {
  const { healer, clock } = start(60);
  let found: readonly string[] = [];
  void healer.fetch([block.hash]).then((blocks) => {
    found = [...blocks.keys()];
  });
  await clock.advance(2 * networkLimits.patienceMs);
  expect(found).toEqual([block.hash]);
});

test('who gave a block before is asked first', async () => {
  const clock = createVirtualClock();
  const punctuality = new Punctuality(clock);
  const first = start(60, punctuality, clock);
  void first.healer.fetch([block.hash]);
  await clock.advance(20_000);
  const second = start(60, punctuality, clock);
  expect([...(await second.healer.fetch([block.hash])).keys()]).toEqual([block.hash]);
  expect(second.asked).toEqual(['holder']);
});
