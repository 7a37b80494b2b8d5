import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { playStory, type StoryProcesses, startNodes, storyNodes } from '../../src/cli/story/play-story.ts';
import { story } from '../../src/cli/story/story.ts';
import { executable, freePorts, temporaryFolder } from '../support/processes.ts';

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

async function threeNodes(): Promise<{ processes: StoryProcesses; folder: string }> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const processes = await startNodes({ executable, folder: folder.path, ports: await freePorts() });
  undo.push(() => Promise.all(storyNodes.map((role) => processes[role].end())));
  return { processes, folder: folder.path };
}

test('three processes play the story, and their books are exactly those of the story', async () => {
  const { processes, folder } = await threeNodes();
  const played = [];
  for await (const step of playStory(processes)) played.push(step);
  expect(played).toHaveLength(story.length);
  const blocks = played.filter(({ books }) => books !== null);
  expect(blocks.map(({ height, books }) => [height, ...books!.pharmacy])).toEqual([
    [1, 0, 0, 0, 1_000_000],
    [2, 0, 0, 0, 1_000_000],
    [3, 500, 0, 0, 999_500],
    [4, 400, 100, 0, 999_500],
    [5, 400, 100, 0, 999_500],
    [6, 1_100, 100, 0, 998_800],
  ]);

  const csv = join(folder, 'patient_registry.csv');
  expect(readFileSync(csv, 'utf8').split(/\r?\n/)[0]).toBe('patient_id,name,registered_by,timestamp');
  expect(readFileSync(csv, 'utf8')).toContain('Jane Doe,dr_alice,');
  expect(statSync(csv).mode & 0o777).toBe(0o600);

  for (const role of storyNodes) expect(await processes[role].end()).toBe(0);
  // Names, notes, results and drugs are in the CSV and in sealed records, never in the clear in a node's folder.
  const everything = filesBelow(folder).filter((path) => path !== csv);
  for (const secret of ['Jane', 'anaemia', 'Ferrous', 'password123', 'labpass']) {
    expect(everything.filter((path) => readFileSync(path).includes(secret))).toEqual([]);
  }
});

test('npm start tells it, leaves nothing running and nothing behind', async () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('carechain-story-'));
  const child = spawn(process.execPath, [executable, 'story'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  child.stdout.on('data', (bytes: Buffer) => {
    told += bytes.toString();
  });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  expect(code, told).toBe(0);
  expect(told).toContain('1,100');
  expect(told).toContain('998,800');
  expect(told).toContain('npx carechain doctor');
  expect(Math.max(...told.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  expect(readdirSync(tmpdir()).filter((name) => name.startsWith('carechain-story-'))).toEqual(before);
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name));
}
