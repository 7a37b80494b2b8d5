import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actions } from '../../src/actions/index.ts';
import { answerTo } from '../../src/cli/answer.ts';
import { edgeCommandNames, helpCards } from '../../src/cli/edge-commands.ts';
import { formatAnswer, formatters } from '../../src/cli/format/index.ts';
import { standingWords } from '../../src/cli/format/standing.ts';
import { type Line, Printer } from '../../src/cli/printer.ts';
import { hasColours } from '../../src/cli/surroundings.ts';
import { storeKeys } from '../../src/storage/index.ts';
import { resultsWith } from './results.ts';
import { recorded } from './stub-carechain.ts';

const plain = new Printer(new PassThrough(), false);

function drawn(command: string, result: unknown): string[] {
  return formatAnswer(answerTo(command, 1, { ok: true, result })).map((line: Line) => plain.render(line));
}

test('every command has a formatter, and every formatter a result here', () => {
  const commands = [...edgeCommandNames, ...actions.map(({ name }) => name)].sort();
  expect(commands.filter((name) => !Object.hasOwn(formatters, name))).toEqual([]);
  expect(Object.keys(formatters).sort()).toEqual(Object.keys(resultsWith('')).sort());
});

test.each(Object.keys(resultsWith('')))('%s fits 80 columns', (command) => {
  const words = 'Jane Doe of the Harbour Clinic, who has been tired for weeks and takes her medicine twice a day';
  for (const typed of ['dr_alice', 'Harbour Laboratory', words]) {
    const lines = drawn(command, resultsWith(typed)[command]);
    expect(lines.length).toBeGreaterThan(0);
    // What is printed to be handed out, and has its own width.
    if (command !== 'print') expect(lines.filter((line) => line.length > 80)).toEqual([]);
  }
});

test('whatever was typed, no control character and no direction mark is printed', () => {
  const nasty = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('\u001b[2J', '\u009b31m', '\r\u001b[1A', 'a\u202eb', '\u0007', '\u2028', '\ufeff'),
  );
  fc.assert(
    fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (parts) => {
      const typed = parts.join('');
      for (const [command, result] of Object.entries(resultsWith(typed))) {
        for (const line of drawn(command, result)) {
          expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u);
        }
      }
      const failed = formatAnswer(
        answerTo('mine', 1, { ok: false, error: { code: 'internal-error', message: typed } }),
      );
      for (const line of failed) expect(plain.render(line)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/u);
    }),
    { numRuns: 60 },
  );
});

test('what waits for something that has not come says so, and what for', () => {
  const signed = { transactionId: 'ab'.repeat(32), orderId: null };
  expect(drawn('consult', { ...signed, state: 'pending', code: null, message: null })[1]).toMatch(
    /waiting for a block/,
  );
  const lines = drawn('consult', { ...signed, state: 'waiting', code: 'unknown-patient', message: 'No such patient.' });
  expect(lines.slice(1).join()).toMatch(/kept, and waiting for what it refers to.*! No such patient\./);
});

describe('what a scrub found', () => {
  const families = [...new Set(Object.values(storeKeys).map((key) => (key as (...names: unknown[]) => string)('x', 1)))]
    .map((key) => key.split('/')[0]!)
    .filter((family, index, all) => all.indexOf(family) === index);
  const found = (over: Record<string, unknown>) => ({
    sound: false,
    time: '2026-11-21T08:12:00.000Z',
    height: 5,
    tipHeight: 5,
    files: { checked: 3, damaged: [] },
    families: families.map((family, values) => ({ family, values, damaged: 0, missing: 0 })),
    healed: null,
    waiting: null,
    heal: null,
    failure: null,
    ...over,
  });

  test('says in words what each family of values is, and leaves out what is empty', () => {
    const [, , heading, ...rows] = drawn('scrub', found({ sound: true }));
    expect(heading).toMatch(/^family +values +damaged +missing$/);
    expect(rows.map((row) => row.split(' ')[0])).toEqual(families.slice(1));
    for (const row of rows) expect(row).toMatch(/^\S+ +\d+ +0 +0 {2}[a-z]/);
  });

  test('is no alarm once all of it is healed', () => {
    expect(drawn('scrub', found({ healed: { block: 1, undo: 2 }, waiting: {} }))[0]).toBe(
      '! Damage was found, and all of it is healed: block 1, undo 2.',
    );
  });

  test('tells what is healed, what waits, and what to do', () => {
    const failure = { code: 'folder-damaged', message: 'Stop the node.', height: 5 };
    const result = found({ height: 3, healed: { undo: 2 }, waiting: { block: 1 }, failure });
    expect(drawn('scrub', result).slice(0, 4)).toEqual([
      '✗ Damage was found; the chain is whole only up to #3 of #5.',
      '  Healed: undo 2.',
      '  Waiting for a peer that has it: block 1.',
      '  Stop the node.',
    ]);
  });
});

describe('the states of an entry', () => {
  test.each([
    [
      { where: 'in-block', height: 5, confirmations: 3, holders: 2, peers: 2, code: null },
      'in #5 · 3 deep · held by 2 of 2 peers',
    ],
    [
      { where: 'in-block', height: 5, confirmations: 1, holders: 0, peers: 0, code: null },
      'in #5 · 1 deep · held by this node alone',
    ],
    [
      { where: 'pending', height: null, confirmations: 0, holders: null, peers: null, code: null },
      'waiting for a block',
    ],
    [
      { where: 'waiting', height: null, confirmations: 0, holders: null, peers: null, code: 'unknown-order' },
      'waiting: No consultation with an order has this id.',
    ],
    [
      { where: 'lost', height: null, confirmations: 0, holders: null, peers: null, code: 'prescription-cancelled' },
      '✗ lost: The prescriber withdrew this prescription.',
    ],
  ] as const)('%j', (standing, words) => {
    expect(standingWords(standing)).toBe(words);
  });
});

test('the sentences of the original are kept', () => {
  const prescribe = (payment: unknown) => drawn('prescribe', { transactionId: 'ab'.repeat(32), payment }).join('\n');
  expect(prescribe({ skipped: 'insufficient-funds' })).toContain('(Payment skipped due to insufficient funds)');
  expect(prescribe({ skipped: 'no-lab-result' })).toContain('(Could not identify lab user for payment)');
  const due = { id: '', to: 'dr_alice', amount: 500, reason: 'order-reward', cause: '' };
  const mined = drawn('mine', { height: 2, hash: 'ab', transactions: 1, rewardsDue: [due] }).join('\n');
  expect(mined).toContain('500 now due to dr_alice: Reward for Lab Test Order (Blood Test)');
});

test('chain says which hash a parent is, and when it is not', () => {
  const lines = drawn('chain', resultsWith('dr_alice').chain);
  expect(lines).toContain('│   parent = hash of #0 ✓');
  expect(lines.some((line) => line.includes('✗ not the hash of #1'))).toBe(true);
});

test('help lists every command once, and explains each in the words of its action', () => {
  const all = drawn('help', helpCards(null));
  for (const { name } of helpCards(null).commands)
    expect(all.filter((line) => new RegExp(`^  ${name} `).test(line))).toHaveLength(1);
  for (const { name, usage, example, summary } of actions) {
    const told = drawn('help', helpCards(name)).join(' ').replace(/\s+/g, ' ');
    for (const words of [usage, example, summary]) expect(told).toContain(words.replace(/\s+/g, ' '));
  }
});

describe('colour', () => {
  const lines: Line[] = ['✓ good', { text: 'head', tone: 'heading' }, { text: '✗ bad', tone: 'bad' }];

  test('is there only where it was asked for, and the words stay', async () => {
    const bare = new PassThrough();
    const painted = new PassThrough();
    const [bareText, paintedText] = [recorded(bare), recorded(painted)];
    await new Printer(bare, false).print(lines);
    await new Printer(painted, true).print(lines);
    expect(bareText()).toBe('✓ good\nhead\n✗ bad\n');
    expect(paintedText()).toContain('\u001b[');
    expect(paintedText().replace(/\u001b\[\d+m/g, '')).toBe(bareText());
  });

  test.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { TERM: 'xterm-256color' }, true],
  ])('terminal %s, %j: %s', (isTTY, environment, expected) => {
    expect(hasColours(Object.assign(new PassThrough(), { isTTY }), environment)).toBe(expected);
  });
});
