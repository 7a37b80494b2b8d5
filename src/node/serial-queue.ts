/** Runs one task at a time, in the order in which they were given. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `task` does; a task that fails does not stop the ones behind it. */
  run<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Resolves once all that was given so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
