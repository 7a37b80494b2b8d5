/**
 * What a node tells of its pending transactions in a status: how many, and the exclusive or of their ids. The order does not
 * matter, and one that comes or goes costs one step, whatever the number of the others. Ids are hashes, so two sets that
 * differ by chance never agree. A member can make transactions so that two sets do; that gains little, since equal sums
 * only spare a look that is taken now and then all the same.
 */
import { toHex } from '../base/index.ts';
import type { PendingClaim } from '../network/index.ts';

const words = 8;
const digitsPerWord = 8;

export class PendingSum {
  #count = 0;
  readonly #sum = new Uint32Array(words);

  add(id: string): void {
    this.#count += 1;
    this.#mix(id);
  }

  remove(id: string): void {
    this.#count -= 1;
    this.#mix(id);
  }

  /** @param without ids that were added and are not to be told. */
  claim(without: Iterable<string> = []): PendingClaim {
    const told = new PendingSum();
    told.#count = this.#count;
    told.#sum.set(this.#sum);
    for (const id of without) told.remove(id);
    return { count: told.#count, sum: told.#toHex() };
  }

  #mix(id: string): void {
    for (let word = 0; word < words; word++) {
      const start = word * digitsPerWord;
      this.#sum[word]! ^= Number.parseInt(id.slice(start, start + digitsPerWord), 16);
    }
  }

  #toHex(): string {
    const bytes = new Uint8Array(words * 4);
    const view = new DataView(bytes.buffer);
    for (const [word, value] of this.#sum.entries()) view.setUint32(word * 4, value);
    return toHex(bytes);
  }
}

export function isSameClaim(one: PendingClaim, other: PendingClaim): boolean {
  return one.count === other.count && one.sum === other.sum;
}
