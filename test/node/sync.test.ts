import { beforeAll, describe, expect, test, vi } from 'vitest';
import { CarechainError, limits, silentLogger } from '../../src/base/index.ts';
import type { Block } from '../../src/ledger/index.ts';
import { type Network, networkLimits, type Peer } from '../../src/network/index.ts';
import { Sync } from '../../src/node/sync.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { bent, openRig, type Rig } from './rig.ts';

/** A peer that serves a chain, until it does something else. */
interface Served {
  readonly blocks: readonly Block[];
  /** What it claims, where that is not its chain. */
  claim?: { hash: string; height: number; work: number };
  onHeaders?: () => unknown;
  onStatus?: () => unknown;
  onBlocks?: (hashes: readonly string[]) => Block[] | Promise<Block[]>;
  /** It does not look at what it is told that we have. */
  alwaysFromGenesis?: boolean;
}

const world = testGenesis();
const chain = new Chain(world);
let main: Block[];
let branch: Block[];
/** More than one range of bodies. */
let some: Block[];
let count = 0;
const grow = (on: string, length: number) => {
  const blocks: Block[] = [];
  for (let at = on; blocks.length < length; at = blocks.at(-1)!.hash)
    blocks.push(chain.mineOn(at, world.register('alice', `patient ${count++}`)));
  return blocks;
};

beforeAll(() => {
  main = grow(world.genesis.hash, 523);
  some = main.slice(0, 131);
  branch = [...main.slice(0, 10), ...grow(main[9]!.hash, 515)];
});

async function start(served: Record<string, Served>, skewMs = 0) {
  let waitedMs = 0;
  const timers = new Set<{ dueMs: number; run: () => void }>();
  const clock = {
    now: () => chain.now + skewMs + waitedMs,
    after: (delayMs: number, run: () => void) => {
      const timer = { dueMs: waitedMs + delayMs, run };
      timers.add(timer);
      return { cancel: () => void timers.delete(timer) };
    },
  };
  const rig = await openRig(chain, undefined, clock);
  const shunned: string[] = [];
  const asked: string[] = [];
  const ask = (peerId: string, what: string): Served => {
    asked.push(`${peerId} ${what}`);
    const peer = served[peerId];
    if (!peer || shunned.some((one) => one.startsWith(`${peerId}:`)))
      throw new CarechainError('request-failed', 'There is no link.');
    return peer;
  };
  const statusOf = ({ blocks, claim }: Served) => {
    const last = blocks.at(-1);
    const tip = claim ?? { hash: last!.hash, height: blocks.length, work: blocks.length };
    const pending = { count: 0, sum: '00'.repeat(32) };
    return { genesis: world.genesis.hash, rules: 1, tip, pending, time: 0, nodeId: '', addresses: [] };
  };
  const network: Pick<Network, 'peers' | 'fetchHeaders' | 'fetchBlocks' | 'exchangeStatus' | 'shun'> = {
    peers: () =>
      Object.entries(served)
        .filter(([peerId]) => !shunned.some((one) => one.startsWith(`${peerId}:`)))
        .map(([peerId, peer]): Peer => {
          const status = statusOf(peer);
          return { peerId, address: '', status, clockOffsetMs: 0, isConfigured: false };
        }),
    async fetchHeaders(peerId, locator) {
      const peer = ask(peerId, 'headers');
      await peer.onHeaders?.();
      const { blocks } = peer;
      if (peer.alwaysFromGenesis) return blocks.slice(0, limits.headersPerRequest);
      const hashes = [world.genesis.hash, ...blocks.map(({ hash }) => hash)];
      const at = hashes.indexOf(locator.find((hash) => hashes.includes(hash))!);
      return blocks.slice(at, at + limits.headersPerRequest);
    },
    async fetchBlocks(peerId, hashes) {
      const { blocks, onBlocks } = ask(peerId, 'blocks');
      return onBlocks ? onBlocks(hashes) : blocks.filter(({ hash }) => hashes.includes(hash));
    },
    async exchangeStatus(peerId) {
      const peer = ask(peerId, 'status');
      peer.onStatus?.();
      return statusOf(peer);
    },
    shun: (peerId, code) => void shunned.push(`${peerId}: ${code}`),
  };
  const ports = { genesis: world.genesis, chain: rig.chain, keeper: rig.keeper, clock, logger: silentLogger };
  let ends = 0;
  const sync = new Sync({ ...ports, network: network as Network, onEnd: () => void ends++ });
  return {
    rig,
    sync,
    shunned,
    asked,
    served,
    ends: () => ends,
    waited: () => waitedMs,
    wait: (ms: number) => {
      waitedMs += ms;
      for (const timer of [...timers]) if (timer.dueMs <= waitedMs && timers.delete(timer)) timer.run();
    },
  };
}

async function give(rig: Rig, blocks: readonly Block[]) {
  for (const block of blocks) await rig.offer(block);
}

describe('a fork', () => {
  test('deeper than a page of headers heals, and the next run asks nobody', async () => {
    const { rig, sync, asked, shunned } = await start({ lab: { blocks: branch } });
    await give(rig, main);
    expect(await sync.run()).toMatchObject({ before: 523, after: 525, blocksFetched: 515, peersAsked: 1 });
    expect(rig.chain.tip().hash).toBe(branch.at(-1)!.hash);
    asked.length = 0;
    await sync.run();
    expect([asked, shunned]).toEqual([[], []]);
  });

  test('with two rivals ends with the one that has more work', async () => {
    const { rig, sync } = await start({ lab: { blocks: some }, pharmacy: { blocks: branch.slice(0, 132) } });
    await sync.run();
    expect(rig.chain.tip().hash).toBe(branch[131]!.hash);
  });

  test('whose switch was cut off is finished by the next run', async () => {
    const { rig, sync } = await start({ lab: { blocks: branch.slice(0, 21) } });
    await give(rig, main.slice(0, 20));
    await give(rig, branch.slice(10, 19));
    rig.disk.takes = 2;
    await sync.run();
    expect(rig.faults).toEqual(['folder-failed']);
    rig.disk.takes = Number.POSITIVE_INFINITY;
    await sync.run();
    expect(rig.chain.tip().hash).toBe(branch[20]!.hash);
  });
});

describe('a liar', () => {
  const claim = { hash: '00'.repeat(32), height: 9_999, work: 2 ** 40 };

  test.each([
    ['has nothing', () => [] as Block[], 'empty-claim'],
    ['has a true chain, and claims more', () => main.slice(0, 30), 'claims-more-than-it-has'],
  ])('that %s is asked whether it means that, shunned, and another is asked', async (_name, blocks, code) => {
    const { rig, sync, shunned, asked } = await start({ foe: { blocks: blocks(), claim }, lab: { blocks: some } });
    await sync.run();
    expect(shunned).toEqual([`foe: ${code}`]);
    expect(rig.chain.tip().height).toBe(some.length);
    expect(asked.filter((one) => one.startsWith('foe'))).toEqual(['foe headers', 'foe status', 'foe headers']);
  });

  test('whose claim is another each time is shunned as well', async () => {
    const foe: Served = {
      blocks: [],
      claim,
      onHeaders: () => Object.assign(foe, { claim: { ...claim, hash: 'ab'.repeat(32) } }),
    };
    const { sync, shunned } = await start({ foe });
    await sync.run();
    expect(shunned).toEqual(['foe: empty-claim']);
  });

  test('that feeds a branch that cannot win does not keep the others waiting', async () => {
    const short = [...main.slice(0, 5), ...grow(main[4]!.hash, 4)];
    const { rig, sync, shunned, asked } = await start({ foe: { blocks: short, claim }, lab: { blocks: some } });
    await give(rig, main.slice(0, 20));
    await sync.run();
    expect(shunned).toEqual(['foe: claims-more-than-it-has']);
    expect(asked).not.toContain('foe blocks');
    expect(rig.chain.tip().height).toBe(some.length);
  });

  test('that bends a body in the middle of a range is shunned, and another goes on from there', async () => {
    const onBlocks = (hashes: readonly string[]) =>
      some.filter(({ hash }) => hashes.includes(hash)).map((block) => (block === main[49] ? bent(block) : block));
    const { rig, sync, shunned } = await start({ foe: { blocks: some, onBlocks }, lab: { blocks: some } });
    await sync.run();
    expect(shunned).toEqual(['foe: empty-block']);
    expect(rig.chain.tip().height).toBe(some.length);
  });

  test('that delivered a bent side body earlier costs one more round, not the branch', async () => {
    const { rig, sync, shunned } = await start({ lab: { blocks: branch.slice(0, 40) } });
    await give(rig, main.slice(0, 30));
    expect(await rig.offer(bent(branch[10]!), 'foe')).toBe('side');
    await sync.run();
    expect(rig.chain.tip().hash).toBe(branch[39]!.hash);
    expect(rig.blamed).toEqual(['foe: empty-block']);
    expect(shunned).toEqual([]);
  });
});

describe('a peer that', () => {
  test.each([
    ['less than our chain', () => main.slice(0, 5), 20],
    ['more than our chain', () => some, 131],
    ['nothing that we do not have', () => main.slice(0, 20), 20],
  ])('has lost its folder since it told its head, and has %s, is not blamed', async (_name, blocks, height) => {
    const lab: Served = {
      blocks: blocks(),
      claim: { hash: '00'.repeat(32), height: 9_999, work: 2 ** 40 },
      onStatus: () => delete lab.claim,
    };
    const { rig, sync, shunned } = await start({ lab });
    await give(rig, main.slice(0, 20));
    await sync.run();
    expect(shunned).toEqual([]);
    expect(rig.chain.tip().height).toBe(height);
  });

  test('leaves its branch while it tells its headers is followed to the other', async () => {
    let pages = 0;
    const lab: Served = {
      blocks: branch,
      onHeaders: () => {
        if (++pages === 2) Object.assign(lab, { blocks: [...main, ...grow(main.at(-1)!.hash, 3)] });
      },
    };
    const { rig, sync, shunned } = await start({ lab });
    await give(rig, main);
    await sync.run();
    expect(shunned).toEqual([]);
    expect(rig.chain.tip().hash).toBe(lab.blocks.at(-1)!.hash);
  });

  test('tells a page of our own headers is asked next where between there and our tip the two chains part', async () => {
    let pages = 0;
    const onHeaders = () => Object.assign(lab, { alwaysFromGenesis: ++pages === 1 });
    const lab: Served = { blocks: [...main.slice(0, 518), ...grow(main[517]!.hash, 8)], onHeaders };
    const { rig, sync, shunned } = await start({ lab });
    await give(rig, main);
    await sync.run();
    expect([pages, shunned]).toEqual([2, []]);
    expect(rig.chain.tip().hash).toBe(lab.blocks.at(-1)!.hash);
  });

  test('leaves its branch again and again is left, and not blamed', async () => {
    let pages = 0;
    const another = [...main.slice(0, 5), ...grow(main[4]!.hash, 520)];
    const lab: Served = {
      blocks: branch,
      onHeaders: () => {
        // Nobody waits for the end of this.
        if (++pages > 50) throw new CarechainError('request-failed', 'The test has seen enough.');
        Object.assign(lab, { blocks: pages % 2 === 0 ? branch : another });
      },
    };
    const { rig, sync, shunned } = await start({ lab });
    await give(rig, main);
    await sync.run();
    expect(pages).toBeLessThan(10);
    expect([shunned, rig.chain.tip().hash]).toEqual([[], main.at(-1)!.hash]);
  });

  test('goes away in the middle of a range leaves the rest to another', async () => {
    let answers = 0;
    const onBlocks = (hashes: readonly string[]) => {
      if (answers++ > 0) throw new CarechainError('request-failed', 'The link broke.');
      return some.filter(({ hash }) => hashes.includes(hash));
    };
    const fromLab: string[] = [];
    const lab: Served = {
      blocks: some,
      onBlocks: (hashes) => {
        fromLab.push(...hashes);
        return some.filter(({ hash }) => hashes.includes(hash));
      },
    };
    const { rig, sync, asked } = await start({ gone: { blocks: some, onBlocks }, lab });
    await sync.run();
    expect(rig.chain.tip().height).toBe(some.length);
    expect(asked.filter((one) => one === 'gone blocks')).toHaveLength(2);
    // What the first one brought is kept, and each of the others is asked for once.
    expect(fromLab).toEqual(some.slice(1).map(({ hash }) => hash));
  });

  test('drips is left where another has as much, and taken where it is the only one', async () => {
    const drip = async (hashes: readonly string[]) => {
      part.wait(5_000);
      // What the other has is here long before this answer.
      if (served.lab) await vi.waitUntil(() => part.rig.chain.tip().height === some.length, 60_000);
      return some.filter(({ hash }) => hash === hashes[0]);
    };
    const served: Record<string, Served> = { slow: { blocks: some.slice(0, 20), onBlocks: drip } };
    const part = await start(served);
    await part.sync.run();
    expect(part.rig.chain.tip().height).toBe(20);
    served.slow = { blocks: some, onBlocks: drip };
    served.lab = { blocks: some };
    await part.sync.run();
    expect(part.rig.chain.tip().height).toBe(some.length);
    expect(part.asked.filter((one) => one === 'slow blocks')).toHaveLength(21);
    expect(part.shunned).toEqual([]);
  });

  test('is ahead of our clock brings what is valid by now, and is not blamed', async () => {
    // Its clock says what the block ten below the last says, less than that the future begins.
    const behindMs = limits.futureBlockMs + chain.now - some.at(-10)!.header.time;
    const { rig, sync, shunned } = await start({ lab: { blocks: some } }, -behindMs);
    await sync.run();
    expect(shunned).toEqual([]);
    expect(rig.chain.tip().height).toBeGreaterThan(100);
    expect(rig.chain.tip().height).toBeLessThan(some.length);
  });
});

describe('strangers', () => {
  const claim = { hash: '00'.repeat(32), height: 9_999, work: 2 ** 40 };
  /** The time that the test lets pass, so that an honest peer that is not asked by then shows. */
  const twoPatiencesMs = 2 * networkLimits.patienceMs;
  const silent = () => ({ blocks: [], claim, onHeaders: () => new Promise(() => {}) });
  const turns = async () => {
    for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
  };

  test('that claim much and say nothing, however many, hold up a sync by two patiences, and no later one at all', async () => {
    const names = Array.from({ length: 60 }, (_, at) => `silent ${at}`);
    const served: Record<string, Served> = Object.fromEntries(names.map((name) => [name, silent()]));
    const part = await start({ ...served, lab: { blocks: main.slice(0, 5) } });
    void part.sync.run();
    for (let passed = 0; passed < twoPatiencesMs; passed += 1_000) {
      await turns();
      part.wait(1_000);
    }
    await turns();
    expect(part.rig.chain.tip().height).toBe(5);
    expect(part.shunned).toEqual([]);

    // All that are not waited for have been given up: the next run asks who was of use, and strangers after it.
    part.served.lab = { blocks: main.slice(0, 9) };
    part.wait(60_000);
    await turns();
    part.asked.length = 0;
    void part.sync.run();
    await turns();
    expect(part.rig.chain.tip().height).toBe(9);
    expect(part.asked[0]).toBe('lab headers');
  });

  test('that tell our own headers slowly do not hold up a sync, and are asked no more in it', async () => {
    const onHeaders = () => part.wait(2_900);
    const foe: Served = { blocks: main, claim, onHeaders, alwaysFromGenesis: true };
    const labAskedAfterMs: number[] = [];
    const lab: Served = { blocks: branch, onHeaders: () => labAskedAfterMs.push(part.waited()) };
    const part = await start({ foe, lab });
    await give(part.rig, main);
    await part.sync.run();
    expect(part.rig.chain.tip().hash).toBe(branch.at(-1)!.hash);
    expect(labAskedAfterMs[0]).toBeLessThan(twoPatiencesMs);
    expect(part.asked.filter((one) => one === 'foe headers')).toHaveLength(4);
    expect(part.shunned).toEqual([]);
  });

  test('that give headers and no bodies do not keep another from giving them', async () => {
    const onBlocks = () => new Promise<Block[]>(() => {});
    const names = Array.from({ length: 60 }, (_, at) => `silent ${at}`);
    const served: Record<string, Served> = Object.fromEntries(
      names.map((name) => [name, { blocks: main.slice(0, 5), onBlocks }]),
    );
    const part = await start({ ...served, lab: { blocks: main.slice(0, 5) } });
    void part.sync.run();
    for (let passed = 0; passed < twoPatiencesMs; passed += 1_000) {
      await turns();
      part.wait(1_000);
    }
    await turns();
    expect(part.rig.chain.tip().height).toBe(5);
  });
});

describe('a run', () => {
  test('that is nudged while it runs, however often, is followed by one more', async () => {
    const part = await start({ lab: { blocks: some, onHeaders: () => nudges() } });
    const nudges = () => {
      for (let time = 0; time < 5; time++) part.sync.nudge();
    };
    await part.sync.run();
    await part.sync.run();
    expect(part.ends()).toBe(2);
  });

  test('that is stopped ends after the request under way, and no other begins', async () => {
    const part = await start({ lab: { blocks: some, onHeaders: () => void part.sync.stop() } });
    await part.sync.run();
    await part.sync.stop();
    part.sync.nudge();
    expect(part.ends()).toBe(1);
    expect(part.asked).toEqual(['lab headers']);
    expect(part.rig.chain.tip().height).toBe(0);
  });
});
