/** A mistake of ours that nobody catches ends the node: it is told in a sentence, the log has the rest, nothing signed is lost. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { temporaryFolder } from '../support/processes.ts';
import { expectReadable, nodeArgs, RawProcess, runToEnd } from './raw-process.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

const login = 'login dr_alice password123\n';

test.each([
  ['an error', "throw new Error('of a patient')"],
  ['a promise that is rejected', "void Promise.reject(new Error('of a patient'))"],
])('%s', async (_what, mistake) => {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const preload = join(folder.path, 'mistake.mjs');
  writeFileSync(preload, `process.on('SIGUSR2', () => { ${mistake}; });\n`);
  const args = nodeArgs(folder.path, 0, ['--json']);
  const node = new RawProcess(args, ['--import', preload]);
  undo.push(() => node.kill());

  await node.write(`${login}register Jane Doe\n`);
  await node.prints('"command":"register"');
  const [, id] = /"transactionId":"([0-9a-f]{64})"/.exec(node.out)!;
  node.signal('SIGUSR2');
  const ended = await node.end();
  expect(ended.code).toBe(1);
  expect(ended.complaint).toContain('Something went wrong inside carechain (internal-error).');
  expectReadable(ended);
  expect(ended.complaint).not.toContain('of a patient');
  expect(readFileSync(join(folder.path, 'doctor', 'carechain.log'), 'utf8')).toContain('mistake.mjs');

  const again = await runToEnd(args, 'pending\n');
  expect(again.code).toBe(0);
  expect(again.out).toContain(id);
});
