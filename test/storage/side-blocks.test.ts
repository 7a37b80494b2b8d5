import { describe, expect, test } from 'vitest';
import { limits } from '../../src/base/index.ts';
import type { Block } from '../../src/ledger/index.ts';
import { createStore, openChainStore } from '../../src/storage/index.ts';
import { SideBlocks } from '../../src/storage/side-blocks.ts';
import { Chain, testGenesis } from '../support/ledger.ts';
import { append } from './chains.ts';
import { memoryDatabase } from './databases.ts';

/** A main chain of one block, and two branches beside it: `low` from the genesis, `high` from block #1. */
async function branches() {
  const world = testGenesis();
  const chain = new Chain(world);
  const { genesis } = world;
  const first = chain.mine(world.register('alice', 'zoe'));
  const low = [chain.mineOn(genesis.hash, world.register('adam', 'yan'))];
  low.push(chain.mineOn(low[0]!.hash, world.consult('adam', 'yan')));
  const high = [chain.mineOn(first.hash, world.consult('alice', 'zoe'))];
  high.push(chain.mineOn(high[0]!.hash, world.consult('adam', 'zoe')));
  const stored = await openChainStore(createStore(await memoryDatabase()), genesis);
  await append(stored, chain, first);
  for (const block of [...low, ...high]) await stored.storeSideBlock(block, chain.link(block.hash).work);
  const left = () => [...low, ...high].map(({ hash }) => stored.block(hash) !== undefined);
  return { chain, first, low, high, stored, left };
}

describe('side blocks', () => {
  test('are read like any other, and counted', async () => {
    const { chain, low, high, stored } = await branches();
    for (const block of [...low, ...high]) {
      expect(stored.block(block.hash)).toEqual(block);
      expect(stored.header(block.hash)?.work).toBe(chain.link(block.hash).work);
      expect(stored.isOnMainChain(block.hash)).toBe(false);
    }
    expect(stored.sideBytes()).toBe(bytesOf([...low, ...high]));
    await stored.storeSideBlock(low[0]!, 1);
    expect(stored.sideBytes()).toBe(bytesOf([...low, ...high]));
  });

  test('are forgotten by hash; a block of the main chain is not', async () => {
    const { first, low, high, stored, left } = await branches();
    await stored.forgetSideBlocks([first.hash, high[1]!.hash, low[0]!.hash, '00']);
    expect(left()).toEqual([false, false, true, false]);
    expect(stored.header(low[1]!.hash)).toBeUndefined();
    expect(stored.block(first.hash)).toBeDefined();
  });

  test('make room for a new one: lowest first, never its own branch', async () => {
    const { low, high } = await branches();
    const [last, ...rest] = [...high, ...low].reverse() as [Block, ...Block[]];
    expect(last).toBe(low[1]);
    const all = bytesOf([...low, ...high]);
    expect(sides(all, rest).toMakeRoom(last)).toEqual([]);
    expect(sides(all - 1, rest).toMakeRoom(last)).toEqual(high.map(({ hash }) => hash));
    expect(sides(all - 1, [...low, high[0]!]).toMakeRoom(high[1]!)).toEqual(low.map(({ hash }) => hash));
    expect(() => sides(bytesOf(low) - 1, rest).toMakeRoom(last)).toThrow(
      expect.objectContaining({ code: 'side-branch-too-large' }),
    );
  });

  test('are forgotten, highest first, where the main chain grows and their branch does not', async () => {
    const { low, high, chain } = await branches();
    const world = chain.world;
    const [abandoned, last] = [low, high[1]!];
    const later = sides(1_000_000, [...abandoned, high[0]!]);
    const idle = limits.sideBranchIdleBlocks;
    later.mainChainGrew(idle - 1);
    expect(later.toMakeRoom(last)).toEqual([]);
    later.entered(last);
    later.mainChainGrew(1);
    const next = chain.mineOn(last.hash, world.consult('alice', 'zoe'));
    expect(later.toMakeRoom(next), 'it was looked a moment ago').toEqual([]);
    later.mainChainGrew(idle / 10);
    // Of the other branch the first is as old, and the second is not.
    const going = later.toMakeRoom(next);
    expect(going).toEqual(abandoned.map(({ hash }) => hash).reverse());
    later.left(going);
    later.mainChainGrew(idle);
    expect(later.toMakeRoom(next), 'what it follows stays').toEqual([]);
    later.mainChainGrew(idle);
    const [other] = abandoned;
    expect(later.toMakeRoom(other!)).toEqual([last, high[0]!].map(({ hash }) => hash));
  });
});

function sides(mostBytes: number, blocks: readonly Block[]): SideBlocks {
  const side = new SideBlocks(mostBytes);
  for (const block of blocks) side.entered(block);
  return side;
}

function bytesOf(blocks: readonly Block[]): number {
  return blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
}
