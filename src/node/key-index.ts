/** Which transactions have touched a key of the state. */
export class KeyIndex {
  readonly #ids = new Map<string, Set<string>>();

  add(id: string, keys: readonly string[]): void {
    for (const key of keys) {
      const ids = this.#ids.get(key);
      if (ids) ids.add(id);
      else this.#ids.set(key, new Set([id]));
    }
  }

  /** @param keys with which it was added. */
  remove(id: string, keys: readonly string[]): void {
    for (const key of keys) {
      const ids = this.#ids.get(key);
      ids?.delete(id);
      if (ids?.size === 0) this.#ids.delete(key);
    }
  }

  /** In the order in which they were added. */
  at(key: string): Iterable<string> {
    return this.#ids.get(key) ?? [];
  }
}
