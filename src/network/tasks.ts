/** Work under way that a stop must wait for. Whoever starts a task deals with its failure; none is left unhandled. */
export interface Tasks {
  run(task: () => Promise<void>): void;
  /** The same; resolves once the task has ended, well or badly. */
  track(task: () => Promise<void>): Promise<void>;
  /** Resolves once nothing is under way, whatever was started meanwhile. */
  settle(): Promise<void>;
}

export function createTasks(onFailure: (error: unknown) => void): Tasks {
  const underWay = new Set<Promise<void>>();

  function track(task: () => Promise<void>): Promise<void> {
    const running = task()
      .catch(onFailure)
      .finally(() => underWay.delete(running));
    underWay.add(running);
    return running;
  }

  return {
    run: (task) => void track(task),
    track,
    async settle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}
