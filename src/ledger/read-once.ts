/** A view that asks what lies below it for each key once, and remembers; below, nothing may change meanwhile. */
import type { Encodable } from '../base/index.ts';
import type { StateView } from './state.ts';

export class ReadOnce implements StateView {
  readonly #below: StateView;
  readonly #read = new Map<string, Encodable | undefined>();

  constructor(below: StateView) {
    this.#below = below;
  }

  get(key: string): Encodable | undefined {
    const known = this.#read.get(key);
    if (known !== undefined || this.#read.has(key)) return known;
    const value = this.#below.get(key);
    this.#read.set(key, value);
    return value;
  }
}
