import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineAction, done } from '../../src/actions/index.ts';
import { dashed, parseCommand } from '../../src/cli/parse-command.ts';
import { readLine } from '../../src/cli/request.ts';
import { splitWords } from '../../src/cli/words.ts';

const action = defineAction({
  name: 'try_it',
  summary: 'tries',
  usage: 'try_it <to> <amount> [reason…] [--order-test]',
  example: 'try_it bob 5',
  who: 'anyone',
  input: z.strictObject({
    to: z.string().optional(),
    amount: z.string().optional(),
    reason: z.string().optional(),
    notes: z.string().optional(),
    orderTest: z.union([z.boolean(), z.string()]).optional(),
  }),
  positional: ['to', 'amount'],
  rest: 'reason',
  questions: [],
  signs: false,
  run: async () => done({}),
});

function parse(line: string): unknown {
  const split = splitWords(line);
  if (!split.ok) return 'bad-line';
  const parsed = parseCommand(split.words, action);
  return parsed.ok ? parsed.result : parsed.error.code;
}

test.each<[line: string, input: unknown]>([
  ['', {}],
  ['bob', { to: 'bob' }],
  ['bob 5', { to: 'bob', amount: '5' }],
  ['bob -5', { to: 'bob', amount: '-5' }],
  ['bob 5 for the  report', { to: 'bob', amount: '5', reason: 'for the report' }],
  ['--amount 5 bob', { to: 'bob', amount: '5' }],
  ['--amount -5 bob', { to: 'bob', amount: '-5' }],
  ['--amount=5 --to=bob why', { to: 'bob', amount: '5', reason: 'why' }],
  ['--notes=', { notes: '' }],
  ['--notes=a=b', { notes: 'a=b' }],
  ['--order-test bob', { orderTest: true, to: 'bob' }],
  ['--order_test', { orderTest: true }],
  ['--order-test=no', { orderTest: 'no' }],
  ['--notes "--yes"', { notes: '--yes' }],
  ['-- --notes 5', { to: '--notes', amount: '5' }],
  ['bob 5 -- --really --', { to: 'bob', amount: '5', reason: '--really --' }],
  ['bob 5 --notes x more words', { to: 'bob', amount: '5', notes: 'x', reason: 'more words' }],
  ['"--notes" 5', { to: '--notes', amount: '5' }],
  ['--notes', 'missing-argument'],
  ['--notes --order-test', 'missing-argument'],
  ['--nonsense', 'invalid-argument'],
  ['--__proto__ x', 'invalid-argument'],
  ['--constructor=x', 'invalid-argument'],
  ['--notes a --notes b', 'invalid-argument'],
  ['bob 5 why --reason other', 'invalid-argument'],
])('%j is %j', (line, input) => {
  expect(parse(line)).toEqual(input);
});

test('a word too many is refused where no free text is taken', () => {
  const { rest: _rest, ...strict } = action;
  const split = splitWords('bob 5 six');
  expect(split.ok && parseCommand(split.words, strict)).toMatchObject({ error: { code: 'invalid-argument' } });
});

test('an option is written with hyphens', () => {
  expect(dashed('orderTest')).toBe('--order-test');
});

describe('a line', () => {
  test('names a command with hyphens or underscores', () => {
    expect(readLine('recalc-balances')).toMatchObject({ command: 'recalc_balances', request: { ok: true } });
    expect(readLine('recalc_balances')).toMatchObject({ command: 'recalc_balances', request: { ok: true } });
  });

  test.each([
    ['balnces', 'balances'],
    ['mien', 'mine'],
    ['regis', 'register'],
    ['set-patent', 'set_patient'],
  ])('%s suggests %s', (typed, meant) => {
    const { request } = readLine(typed);
    expect(request).toMatchObject({ ok: false, error: { code: 'unknown-command' } });
    expect(!request.ok && request.error.message).toContain(`\`${meant}\``);
  });

  test('far from every command suggests none', () => {
    const { request } = readLine('xyzzyplugh');
    expect(!request.ok && request.error.message).not.toContain('Did you mean');
  });

  test('help takes one command that there is, and exit takes nothing', () => {
    expect(readLine('help mine').request).toEqual({ ok: true, result: { kind: 'help', topic: 'mine' } });
    expect(readLine('help nonsense').request).toMatchObject({ error: { code: 'unknown-command' } });
    expect(readLine('help mine fill').request).toMatchObject({ error: { code: 'invalid-argument' } });
    expect(readLine('exit now').request).toMatchObject({ error: { code: 'invalid-argument' } });
  });

  test('free text of a real action is joined', () => {
    expect(readLine('register Jane  Doe --born 1980-02-29').request).toMatchObject({
      result: { input: { name: 'Jane Doe', born: '1980-02-29' } },
    });
    expect(readLine('transfer bob 5 because of "the  report"').request).toMatchObject({
      result: { input: { to: 'bob', amount: '5', reason: 'because of the  report' } },
    });
    expect(readLine('fill --yes').request).toMatchObject({ result: { input: { yes: true } } });
  });
});
