import { defineConfig } from 'vitest/config';

const shim = ['./src/base/node-20-shim.ts'];

/** Two projects: `fast` (in one process, no sockets) for while you work, `slow` (real sockets, processes, terminals). */
export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    projects: [
      {
        test: {
          name: 'fast',
          // One module graph for all files of a worker: loading it anew for each file cost more than the tests.
          pool: 'forks',
          isolate: false,
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          include: ['test/**/*.test.ts'],
          exclude: ['test/processes/**', 'test/**/*.slow.test.ts'],
          setupFiles: shim,
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'slow',
          include: ['test/processes/**/*.test.ts', 'test/**/*.slow.test.ts'],
          setupFiles: shim,
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // After the fast ones, so that they do not take the processors from each other.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
