/**
 * A bounded memory of what was read lately. A hit marks a value and moves nothing, where keeping an exact order would write
 * to the map each time. For each new value beyond the bound a hand goes on over the older ones: it takes the mark off those
 * that were asked for since it came by last, and the first without a mark goes (SIEVE; Zhang and others, NSDI 2024). So the
 * memory that it takes does not rise and fall, as it would if half of the values went at once.
 */
export class RecentValues<Value> {
  readonly #most: number;
  readonly #kept = new Map<string, { value: Value; isWanted: boolean }>();
  /** From the oldest to the youngest, and again. */
  #hand: Iterator<string> = this.#kept.keys();

  /** @param most values that are kept at the most. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): Value | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    kept.isWanted = true;
    return kept.value;
  }

  has(key: string): boolean {
    return this.#kept.has(key);
  }

  /** Of a value that is here already nothing else changes. */
  set(key: string, value: Value): void {
    const kept = this.#kept.get(key);
    if (kept !== undefined) kept.value = value;
    else {
      if (this.#kept.size >= this.#most) this.#makeRoom();
      this.#kept.set(key, { value, isWanted: false });
    }
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  #makeRoom(): void {
    for (;;) {
      const next = this.#hand.next();
      if (next.done) {
        this.#hand = this.#kept.keys();
        continue;
      }
      const kept = this.#kept.get(next.value)!;
      if (!kept.isWanted) {
        this.#kept.delete(next.value);
        return;
      }
      kept.isWanted = false;
    }
  }
}
