/** The walk over headers that a peer tells: each must follow the one before it and carry its work, or the peer lies. */
import { checkHeader, type Genesis, medianTimesAfter, natureOf, type SealedHeader } from '../ledger/index.ts';

type Walked = Pick<SealedHeader, 'hash' | 'header'> & {
  /** Of the chain that ends with it. */
  readonly work: number;
};

export class HeaderWalk {
  readonly #genesis: Genesis;
  #times: readonly number[];
  #last: Walked;

  /**
   * @param shared the block that the peer's chain and ours have in common.
   * @param times of the last eleven blocks up to it, the latest first.
   */
  constructor(genesis: Genesis, shared: Walked, times: readonly number[]) {
    this.#genesis = genesis;
    this.#last = shared;
    this.#times = times;
  }

  get last(): Walked {
    return this.#last;
  }

  /** @returns false for one that is not valid yet, by this clock. @throws Lie */
  step({ hash, header, signature }: SealedHeader, now: number): boolean {
    const context = { genesis: this.#genesis, parent: this.#last, medianTimes: this.#times, now };
    const refused = checkHeader({ hash, header, signature }, context);
    if (refused && natureOf(refused.code) === 'invalid') throw new Lie(refused.code);
    if (refused) return false;
    this.#times = medianTimesAfter(this.#times, header);
    this.#last = { hash, header, work: this.#last.work + header.difficulty };
    return true;
  }
}

/** What only a liar can have sent. */
export class Lie extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`a peer lied: ${code}`);
    this.code = code;
  }
}
