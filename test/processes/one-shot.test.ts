import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort, startProcess, temporaryFolder } from '../support/processes.ts';
import { expectReadable, inLanes, nodeArgs, runToEnd } from './raw-process.ts';

/** Four blocks with every kind of thing that an edit could touch: records, a reward in #3, a payment in #4. */
const care = [
  'login dr_alice password123',
  'register Jane Doe',
  'consult --notes "Tired for weeks." --order-test',
  'mine',
  'login lab_tech_bob labpass',
  'todo',
  'set_patient 1',
  'perform_test --hemoglobin 13.9 --wbc 6200 --platelets 250000',
  'mine',
  'mine',
  'login dr_alice password123',
  'find jane',
  'set_patient 1',
  'prescribe --medication Iron --dosage "200 mg" --frequency daily --duration "8 weeks"',
  'mine',
  'status',
  'balances',
  '',
].join('\n');

interface Answer {
  readonly ok: boolean;
  readonly command: string;
  readonly line: null;
  readonly result: Readonly<Record<string, unknown>>;
  readonly error: { readonly code: string; readonly message: string };
}

let folder: string;
let dataDir: string;
let exported: string;
let lines: readonly string[];
let tip: { readonly height: unknown; readonly hash: unknown };
let balances: unknown;
let removeFolder: () => Promise<unknown>;

beforeAll(async () => {
  const temporary = await temporaryFolder();
  removeFolder = temporary.remove;
  folder = temporary.path;
  dataDir = join(folder, 'doctor');
  const ended = await runToEnd(nodeArgs(folder, 0, ['--json']), care);
  const answers = ended.out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Answer)
    .filter((answer) => 'ok' in answer);
  expect(answers.filter(({ ok }) => !ok)).toEqual([]);
  const status = answers.find(({ command }) => command === 'status')!.result;
  tip = { height: status.height, hash: status.tipHash };
  ({ balances } = answers.find(({ command }) => command === 'balances')!.result);
  exported = join(folder, 'chain.jsonl');
  await once('export', '--out', exported, '--data-dir', dataDir);
  lines = readFileSync(exported, 'utf8').trimEnd().split('\n');
});
afterAll(() => removeFolder());

/** Runs a one-shot command: its one line of JSON, and what it ended with. */
async function once(...args: string[]): Promise<Answer & { readonly code: number | null }> {
  const ended = await runToEnd([...args, '--json']);
  expectReadable(ended);
  expect(ended.complaint).toBe('');
  expect(ended.out.match(/\n/g)).toHaveLength(1);
  return { ...(JSON.parse(ended.out) as Answer), code: ended.code };
}

describe("on a stopped node's folder", () => {
  test('chain, balances and verify say what the node said', async () => {
    const chain = await once('chain', '--data-dir', dataDir);
    const blocks = chain.result.blocks as { height: number; hash: string; transactions: unknown[] }[];
    expect(blocks.map(({ height }) => height)).toEqual([0, 1, 2, 3, 4]);
    expect(blocks.at(-1)!.hash).toBe(tip.hash);
    const page = await once('chain', '--from', '2', '--count', '1', '--data-dir', dataDir);
    expect(page.result).toMatchObject({ blocks: [{ height: 2 }], next: 3 });
    expect((await once('balances', '--data-dir', dataDir)).result.balances).toEqual(balances);
    expect(balances).toMatchObject({ dr_alice: 400, lab_tech_bob: 100, SYSTEM_BANK_001: 999_500 });
    expect((await once('verify', '--data-dir', dataDir)).result).toMatchObject({ height: 4, failure: null });
  });

  test('the same in words fits eighty columns', async () => {
    for (const command of ['chain', 'verify']) {
      const ended = await runToEnd([command, '--data-dir', dataDir]);
      expect([ended.code, ended.complaint]).toEqual([0, '']);
      expectReadable(ended);
      expect(Math.max(...ended.out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    }
  });

  test('a folder that is none is said, and not made', async () => {
    const nowhere = join(folder, 'nowhere');
    expect(await once('verify', '--data-dir', nowhere)).toMatchObject({ code: 1, error: { code: 'file-unreadable' } });
    expect(existsSync(nowhere)).toBe(false);
  });

  test('an export overwrites nothing, and is for its owner alone', async () => {
    expect(statSync(exported).mode & 0o777).toBe(0o600);
    const again = await once('export', '--out', exported, '--data-dir', dataDir);
    expect(again).toMatchObject({ code: 1, error: { code: 'file-exists' } });
    const nowhere = await once('export', '--out', join(folder, 'nowhere/x'), '--data-dir', dataDir);
    expect(nowhere).toMatchObject({ code: 1, error: { code: 'file-unwritable' } });
    for (const secret of ['Jane', 'Tired', 'Iron']) expect(readFileSync(exported, 'utf8')).not.toContain(secret);
  });

  test('while the node runs, every command names its process, and the node does not notice', async () => {
    const node = await startProcess({ role: 'doctor', port: await freePort(), peers: [], folder });
    try {
      const out = ['--out', join(folder, 'other.jsonl')];
      await inLanes([['chain'], ['balances'], ['verify'], ['export', ...out]], async (command) => {
        const { code, error } = await once(...command, '--data-dir', dataDir);
        expect([command, code, error.code]).toEqual([command, 1, 'folder-in-use']);
        expect(error.message).toContain(`process ${node.processId}.`);
      });
      expect(existsSync(out[1]!)).toBe(false);
      expect(await node.run('status')).toMatchObject({ height: 4, tipHash: tip.hash });
    } finally {
      expect(await node.end()).toBe(0);
    }
  });
});

describe('import', () => {
  test('what was exported gives the same tip and balances, and a node goes on from it', async () => {
    const place = join(folder, 'again');
    const imported = await once('import', exported, '--data-dir', join(place, 'doctor'));
    expect(imported).toMatchObject({ code: 0, result: tip });
    expect((await once('balances', '--data-dir', join(place, 'doctor'))).result.balances).toEqual(balances);
    const copy = join(folder, 'copy.jsonl');
    await once('export', '--out', copy, '--data-dir', join(place, 'doctor'));
    expect(readFileSync(copy, 'utf8')).toBe(readFileSync(exported, 'utf8'));
    const more = await runToEnd(nodeArgs(place, 0, ['--json']), 'login dr_alice password123\nregister Bo\nmine\n');
    expect(more.out).toContain('"height":5');
    expect(await once('import', exported, '--data-dir', join(place, 'doctor'))).toMatchObject({
      code: 1,
      error: { code: 'file-exists' },
    });
  });

  /** A header that was changed has another hash, which one time in 4,096 is good enough: then the seal does not fit. */
  const workOrSeal = 'not-enough-work or bad-miner-signature';

  /** Every edit is by hand: of the text of one line, or of which lines there are. */
  const edits: readonly (readonly [what: string, edit: (lines: string[]) => void, block: number, check: string])[] = [
    ['an amount', replace(4, /"amount":100/, '"amount":101'), 4, 'bad-signature'],
    ['an amount in the bytes', replace(4, /66616d6f756e741864/, '66616d6f756e741865'), 4, 'wrong-transactions-root'],
    ['the amount of a reward', replace(3, /"amount":500/, '"amount":5000'), 3, 'wrong-transactions-root'],
    ["a person's signature", flip(2, /"fields".*?"signature":"./), 2, 'bad-signature'],
    ["the miner's signature", flip(2, /"nonce":"[0-9a-f]{16}","signature":"./), 2, 'bad-miner-signature'],
    ['the time of a header', flip(2, /"time":"[^"]*\d(?=Z","rules")/), 2, workOrSeal],
    ['the state digest', flip(2, /"stateDigest":"./), 2, workOrSeal],
    ['a record commitment', flip(1, /"commitment":"./), 1, 'bad-signature'],
    ['a record commitment in the bytes', flip(1, /6a636f6d6d69746d656e745820./), 1, 'wrong-transactions-root'],
    ['the readable author', replace(2, /"author":"lab_tech_bob"/, '"author":"dr_alice"'), 2, 'bad-signature'],
    ['a line removed', (all) => all.splice(2, 1), 2, 'wrong-parent'],
    ['the first line removed', (all) => all.splice(0, 1), 0, 'wrong-network'],
    ['two lines swapped', (all) => all.splice(2, 2, all[3]!, all[2]!), 2, 'wrong-parent'],
    ['a line cut', (all) => all.splice(3, 1, all[3]!.slice(0, -10)), 3, 'malformed-block'],
    ['nothing left', (all) => all.splice(0), 0, 'malformed-block'],
  ];

  test('what was edited by hand is refused: the block and the check are named, and nothing is left', async () => {
    await inLanes(edits, async ([what, edit, block, check]) => {
      const name = join(folder, what.replaceAll(/\W/g, '-'));
      const edited = [...lines];
      edit(edited);
      expect(edited, what).not.toEqual(lines);
      writeFileSync(`${name}.jsonl`, edited.map((line) => `${line}\n`).join(''));
      const { code, error } = await once('import', `${name}.jsonl`, '--data-dir', name);
      expect(check.split(' or '), what).toContain(error.code);
      expect([what, code, error.message.split(': ')[0]]).toEqual([
        what,
        1,
        `Block #${block} fails the check ${error.code}`,
      ]);
      expect(existsSync(name), what).toBe(false);
    });
  });

  test('a chain that was cut is a shorter chain, and its height says so', async () => {
    const cut = join(folder, 'cut.jsonl');
    writeFileSync(cut, `${lines.slice(0, -1).join('\n')}\n`);
    const imported = await once('import', cut, '--data-dir', join(folder, 'cut'));
    expect(imported).toMatchObject({ code: 0, result: { height: 3 } });
  });
});

function replace(line: number, found: RegExp, by: string): (lines: string[]) => void {
  return (lines) => {
    lines[line] = lines[line]!.replace(found, by);
  };
}

/** Changes the last digit of what was found. */
function flip(line: number, found: RegExp): (lines: string[]) => void {
  return (lines) => {
    lines[line] = lines[line]!.replace(found, (text) => text.slice(0, -1) + (text.endsWith('0') ? '1' : '0'));
  };
}
