import { afterEach, describe, expect, test } from 'vitest';
import type { NodeProcess } from '../../src/cli/story/node-process.ts';
import { freePort, startProcess, temporaryFolder } from '../support/processes.ts';
import { hasTmux, type ScreenSettings, TestTerminal } from '../support/terminal.ts';
import { nodeArgs } from './raw-process.ts';

if (!hasTmux) process.stderr.write('test/processes/terminal.test.ts is skipped: tmux is not installed.\n');

const undo: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const each of undo.splice(0).reverse()) await each();
});

interface Seat {
  readonly terminal: TestTerminal;
  readonly port: number;
  readonly folder: string;
}

/** A doctor's node in a terminal, at its first prompt. */
async function atTheTerminal(settings: ScreenSettings = {}): Promise<Seat> {
  const folder = await temporaryFolder();
  undo.push(folder.remove);
  const port = await freePort();
  const terminal = await TestTerminal.start(nodeArgs(folder.path, port, ['--id', 'Clinic']), settings);
  undo.push(() => terminal.close());
  await terminal.shows('Doc@Clinic (No Patient) >');
  return { terminal, port, folder: folder.path };
}

async function enter(terminal: TestTerminal, line: string): Promise<void> {
  await terminal.type(line);
  await terminal.press('Enter');
}

async function logIn(terminal: TestTerminal): Promise<void> {
  await enter(terminal, 'login dr_alice');
  await terminal.shows('? Password');
  await enter(terminal, 'password123');
  await terminal.shows('dr_alice@Clinic (No Patient) >');
}

async function pharmacyBeside({ port, folder }: Seat): Promise<NodeProcess> {
  const node = await startProcess({ role: 'pharmacy', port: await freePort(), peers: [port], folder });
  undo.push(() => node.end());
  await node.event(({ event, state }) => event === 'peer' && state === 'connected', 'the link');
  return node;
}

describe.skipIf(!hasTmux)('at a terminal', () => {
  test('a day of a doctor: login, a form, a cancelled form, completion, exit', async () => {
    const { terminal } = await atTheTerminal();

    // The password is asked for, shown nowhere, and not to be had with Up or with the key that inquirer has for it.
    await enter(terminal, 'login dr_alice');
    await terminal.shows('? Password');
    await terminal.type('password123');
    await terminal.press('C-t');
    await terminal.press('Enter');
    await terminal.shows('dr_alice@Clinic (No Patient) >');
    await terminal.press('Up');
    await terminal.shows(/> login dr_alice$/);
    await terminal.press('Up', 'Up', 'C-u');
    await terminal.shows(/\(No Patient\) >$/);

    // A password on the line is refused, and the line is not remembered.
    await enter(terminal, 'login dr_alice password999');
    await terminal.shows('A password is not typed on the line');
    await terminal.press('C-c');
    await terminal.shows(/Cancelled.*\n.*\(No Patient\) >$/s);
    await terminal.press('Up');
    await terminal.shows(/> login dr_alice$/);
    await terminal.press('C-u');

    await enter(terminal, 'register');
    await terminal.shows('? Name of the patient');
    await enter(terminal, 'Jane Doe');
    await terminal.shows('? Born');
    await enter(terminal, '1980-02-30');
    await terminal.shows('day of the calendar');
    await terminal.press('C-u');
    await enter(terminal, '1980-02-29');
    await terminal.shows('? Sign it?');
    await terminal.press('Enter');
    await terminal.shows(/Patient registered.*dr_alice@Clinic \(Jane Doe [0-9a-f]{4}\) >$/s);

    await enter(terminal, 'consult');
    await terminal.shows('? Notes');
    await terminal.type('Tired for');
    await terminal.press('C-c');
    await terminal.shows(/Cancelled\. Nothing was signed.*\(Jane Doe [0-9a-f]{4}\) >$/s);

    await terminal.type('bal');
    await terminal.press('Tab');
    await terminal.shows(/> balances$/);
    await terminal.press('Enter');
    await terminal.shows('SYSTEM_BANK_001  1,000,000');
    await terminal.type('register --b');
    await terminal.press('Tab');
    await terminal.shows(/> register --born$/);
    await terminal.press('C-u');

    await enter(terminal, 'exit');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.recorded()).not.toContain('password123');
    expect(await terminal.everything()).not.toContain('password123');
  });

  test('an event appears above the line that is being typed, and does not tear it', async () => {
    const seat = await atTheTerminal();
    const { terminal } = seat;
    await logIn(terminal);
    // Longer than the screen is wide, so that it takes two rows, with the cursor in the midst of it.
    const half = `register ${'Maximiliane '.repeat(5)}`;
    await terminal.type(`${half}Doe`);
    await terminal.press('Left', 'Left', 'Left');
    const pharmacy = await pharmacyBeside(seat);
    await terminal.shows(/✓ connected to PharmacyNode/);
    await pharmacy.run('login dr_alice password123');
    for (const name of ['One', 'Two', 'Three']) await pharmacy.run(`register Patient ${name}`);
    // Right after a link is made, gossip may miss the first of them: then it comes with the next status.
    await terminal.shows(/(is pending[\s\S]*){3}/);
    await pharmacy.run('mine');
    const screen = await terminal.shows('block #1');
    const rows = screen.split('\n');
    expect(rows.filter((row) => /^\+ .* is pending$/.test(row))).toHaveLength(3);
    // The one line that is typed stands below them, whole, and once.
    expect(rows.slice(-2).join('')).toBe(`dr_alice@Clinic (No Patient) > ${half}Doe`);
    expect(screen.match(/Maximiliane Maximiliane Maximiliane/g)).toHaveLength(1);
    await terminal.type('von ');
    await terminal.shows(/Maximiliane von\s+Doe$/);
    await terminal.press('C-u', 'C-k');
    await enter(terminal, 'exit');
    expect(await terminal.ended()).toBe(0);
  });

  test('what happens while a form is open is told after it', async () => {
    const seat = await atTheTerminal();
    const { terminal } = seat;
    await logIn(terminal);
    await enter(terminal, 'register');
    await terminal.shows('? Name of the patient');
    await terminal.type('Jane');
    const pharmacy = await pharmacyBeside(seat);
    await pharmacy.run('login dr_alice password123');
    await pharmacy.run('register Bo Yeoh');
    await pharmacy.run('mine');
    await pharmacy.run('sync');
    expect(await terminal.screen()).toMatch(/\? Name of the patient Jane$/);
    await terminal.press('C-c');
    const screen = await terminal.shows(/Cancelled.*connected to PharmacyNode.*block #1.*\(No Patient\) >$/s);
    expect(screen).not.toMatch(/Jane.*Jane/s);
    // Ctrl+C at the prompt stops the node.
    await terminal.press('C-c');
    expect(await terminal.ended()).toBe(0);
  });

  test.each<[what: string, environment: Readonly<Record<string, string>>]>([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])('%s: no colour at all, also in forms', async (_what, environment) => {
    const { terminal } = await atTheTerminal({ environment });
    await logIn(terminal);
    await enter(terminal, 'register');
    await terminal.shows('? Name of the patient');
    await enter(terminal, 'Jane Doe');
    await terminal.shows('? Born');
    await terminal.press('Enter');
    await terminal.shows('? Sign it?');
    await terminal.press('Enter');
    await terminal.shows(/Patient registered/);
    await enter(terminal, 'history');
    await terminal.shows(/waiting.*\(Jane Doe [0-9a-f]{4}\) >$/s);
    await enter(terminal, 'nonsense');
    await terminal.shows('There is no command nonsense');
    await enter(terminal, 'exit');
    expect(await terminal.ended()).toBe(0);
    expect(terminal.recorded()).toContain('✓ Patient registered');
    const colours = terminal.recorded().match(/\u001b\[[0-9;]*m/g) ?? [];
    expect(colours).toEqual([]);
  });

  test('no line is longer than a screen of eighty columns', async () => {
    // A wide screen does not fold lines: what is longer than eighty is seen.
    const seat = await atTheTerminal({ columns: 200, rows: 50 });
    const { terminal } = seat;
    await logIn(terminal);
    await pharmacyBeside(seat);
    await enter(terminal, `register ${'Wolfeschlegelsteinhausenbergerdorff '.repeat(4)}`);
    await terminal.shows('? Born');
    await terminal.press('Enter');
    await terminal.shows('? Sign it?');
    await terminal.press('Enter');
    await terminal.shows('Patient registered');
    const commands = ['mine', 'history', 'chain', 'block 1', 'pending', 'status', 'peers', 'members', 'find wolf'];
    for (const command of [...commands, 'help', 'help prescribe', 'verify', 'todo', 'lost', 'reorgs', 'sync', 'tx 1']) {
      // Its answer stands alone on the screen, between two prompts.
      await terminal.press('C-l');
      await terminal.shows(/^[^\n]*\) >$/);
      await enter(terminal, command);
      const screen = await terminal.shows(/^[^\n]*\) > [^\n]+\n.*\) >$/s);
      const rows = screen.split('\n').slice(1, -1);
      expect(rows.length, command).toBeGreaterThan(0);
      expect(
        rows.filter((row) => row.length > 80),
        command,
      ).toEqual([]);
    }
    await enter(terminal, 'exit');
    expect(await terminal.ended()).toBe(0);
  });
});
