/** Chance that a seed decides. Each part of a programme draws from a stream of its own, so that one more draw here moves none there. */
import { createHash } from 'node:crypto';
import type { Random } from '../../src/base/index.ts';

export class Chance {
  readonly #state: Uint32Array;

  /** @param name of the stream, such as `7/wires`: the same name gives the same draws. */
  constructor(name: string) {
    const seed = createHash('sha256').update(name).digest();
    this.#state = new Uint32Array(4);
    for (let word = 0; word < 4; word++) this.#state[word] = seed.readUInt32LE(4 * word);
  }

  /** An integer below 2^32 (sfc32). */
  #next(): number {
    const state = this.#state;
    const [a, b, c, counter] = state as unknown as [number, number, number, number];
    const drawn = (a + b + counter) >>> 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + drawn;
    return drawn;
  }

  /** From 0 up to, not including, 1. */
  fraction(): number {
    return this.#next() / 2 ** 32;
  }

  /** An integer from 0 up to, not including, `most`. */
  below(most: number): number {
    return Math.floor(this.fraction() * most);
  }

  /** An integer, both ends included. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  /** Whether something of this probability happens. */
  happens(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<One>(list: readonly One[]): One {
    return list[this.below(list.length)]!;
  }

  /** Some of a list, at least one and not all of it, where it has two. */
  some<One>(list: readonly One[]): One[] {
    const shuffled = this.shuffled(list);
    return shuffled.slice(0, this.between(1, Math.max(1, list.length - 1)));
  }

  shuffled<One>(list: readonly One[]): One[] {
    const left = [...list];
    return list.map(() => left.splice(this.below(left.length), 1)[0]!);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256));
  }
}

/** Chance as the node takes it. */
export function randomOf(chance: Chance): Random {
  return { bytes: (length) => chance.bytes(length), fraction: () => chance.fraction() };
}
