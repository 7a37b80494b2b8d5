import { existsSync, mkdirSync, readdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.ts';
import { nodeArgs, RawProcess, runToEnd } from './raw-process.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  return folder.path;
}

/**
 * A preload for Node: the process is signalled as soon as it reads a module of this name, which it never gets. The timer
 * keeps the thread of the hook: without it Node may find that nobody can ever settle the import (code 13) before the signal
 * is handled.
 */
function signalAt(module: string, name: NodeJS.Signals, folder: string): string[] {
  const hook = `export async function load(url, context, next) {
    if (!url.endsWith('${module}')) return next(url, context);
    process.kill(process.pid, '${name}');
    return new Promise(() => setInterval(() => {}, 60_000));
  }`;
  const path = join(folder, 'signal-at.mjs');
  const hookUrl = `data:text/javascript,${encodeURIComponent(hook)}`;
  writeFileSync(path, `import { register } from 'node:module';\nregister(${JSON.stringify(hookUrl)});\n`);
  return ['--import', path];
}

describe('a start that is stopped ends with 0', () => {
  test.each([
    ['before anything else is loaded', '/dist/bundle/node-20-shim.js', 'SIGTERM'],
    ['while the program is loaded', '/dist/bundle/main.js', 'SIGINT'],
    ['while its libraries are loaded', '/level/index.js', 'SIGHUP'],
  ] as const)('%s, and makes no folder', async (_when, module, name) => {
    const folder = await newFolder();
    const node = new RawProcess(nodeArgs(join(folder, 'made'), 0), signalAt(module, name, folder));
    undo.push(() => node.kill());
    const { code, out, complaint } = await node.end();
    expect([code, out, complaint]).toEqual([0, '', '']);
    expect(existsSync(join(folder, 'made'))).toBe(false);
  });

  test.each(['ledger', 'node-key', 'carechain.log'])(
    'when %s appears, and leaves a folder that it goes on with',
    async (file) => {
      const folder = await newFolder();
      mkdirSync(join(folder, 'doctor'));
      const node = new RawProcess(nodeArgs(folder, 0, ['--serve']));
      undo.push(() => node.kill());
      const watcher = watch(join(folder, 'doctor'), (_event, name) => {
        if (name === file) node.signal('SIGTERM');
      });
      const { code, complaint } = await node.end();
      watcher.close();
      expect([code, complaint]).toEqual([0, '']);
      expect(readdirSync(join(folder, 'doctor'))).not.toContain('carechain.pid');
      const again = await runToEnd(nodeArgs(folder, 0, ['--json']), 'status\n');
      expect([again.code, again.complaint]).toEqual([0, '']);
    },
  );
});

test('a one-shot that is broken off has not done its work', async () => {
  const folder = await newFolder();
  const args = ['export', '--data-dir', folder, '--out', join(folder, 'chain.jsonl')];
  const process = new RawProcess(args, signalAt('/dist/bundle/main.js', 'SIGTERM', folder));
  undo.push(() => process.kill());
  expect((await process.end()).code).not.toBe(0);
});
