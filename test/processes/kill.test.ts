import { afterEach, expect, test } from 'vitest';
import type { NodeProcess } from '../../src/cli/story/node-process.ts';
import { freePort, type Place, startProcess, temporaryFolder } from '../support/processes.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

/** Kills the node in the middle of its work, and starts it again on the same folder. */
async function killAndRestart(node: NodeProcess, place: Place): Promise<NodeProcess> {
  node.kill('SIGKILL');
  await node.end();
  const again = await startProcess(place);
  undo.push(() => again.end());
  return again;
}

test('kill -9 at any moment: every ok answer survives, and the tip is not behind the last reported block', async () => {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const place: Place = { role: 'doctor', port: await freePort(), peers: [], folder: folder.path };
  let node = await startProcess(place);
  undo.push(() => node.end());

  const acknowledged: string[] = [];
  let reported = 0;
  let kills = 0;
  for (let round = 0; round < 6; round++) {
    await node.run('login dr_alice password123');
    // Lines go in faster than answers come out; the kill strikes somewhere among them.
    const answers = Array.from({ length: 25 }, (_, index) =>
      node.ask(index % 5 === 4 ? 'mine' : `register Patient ${round} ${index}`),
    );
    const striking = answers[3 + round * 3]!.then(() => node.kill('SIGKILL'));
    for (const answer of await Promise.allSettled(answers)) {
      if (answer.status !== 'fulfilled' || !answer.value.ok) continue;
      const { transactionId, height } = answer.value.result as { transactionId?: string; height?: number };
      if (transactionId) acknowledged.push(transactionId);
      if (height) reported = Math.max(reported, height);
    }
    await striking;
    kills++;
    node = await killAndRestart(node, place);
    const { height } = await node.run('status');
    expect(height).toBeGreaterThanOrEqual(reported);
    for (const id of acknowledged) expect(['pending', 'confirmed']).toContain((await node.run(`tx ${id}`)).state);
    expect((await node.run('verify')).failure).toBeNull();
  }
  expect(kills).toBe(6);
  expect(acknowledged.length).toBeGreaterThan(0);
});
