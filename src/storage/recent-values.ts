/**
 * A bounded memory of what was read lately: values that were asked for since half of the bound was filled, and those of the
 * half before. What is asked for stays; what was not for so long goes all at once. A hit costs one look into a map, where
 * keeping an exact order would write to it each time.
 */
export class RecentValues<Value> {
  readonly #half: number;
  #young = new Map<string, Value>();
  #old: Map<string, Value> = new Map();

  /** @param most values that are kept at the most. */
  constructor(most: number) {
    this.#half = Math.ceil(most / 2);
  }

  get(key: string): Value | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  has(key: string): boolean {
    return this.#young.has(key) || this.#old.has(key);
  }

  set(key: string, value: Value): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
    this.#old.delete(key);
  }

  delete(key: string): void {
    this.#young.delete(key);
    this.#old.delete(key);
  }
}
