import { expect, test } from 'vitest';
import { type ExportedBlock, type ExportedTransaction, Model } from './model.ts';
import { planOf } from './plan.ts';
import { newRow, targets } from './report.ts';

const alice = 'dr_alice';
const signed = (id: string, kind: string, author: string, fields: Record<string, unknown>): ExportedTransaction => ({
  id,
  kind,
  author,
  fields,
});
const registration = signed('r', 'PATIENT_REGISTRATION', alice, { patient: 'jane' });
const order = signed('o', 'DOCTOR_CONSULTATION', alice, { patient: 'jane', records: { order: {} } });
const result = signed('t', 'LAB_TEST_RESULT', 'bob', { order: 'o' });
const prescription = signed('p', 'PRESCRIPTION', alice, { patient: 'jane' });
const fill = signed('f', 'PRESCRIPTION_FILLED', 'charlie', { prescription: 'p' });
const payment = signed('m', 'TRANSFER_ECASH', alice, { to: 'bob', amount: 100 });
const orderReward = { id: 'ot', to: alice, amount: 500, rule: 'order-reward', cause: 't' };
const fillReward = { id: 'pf', to: alice, amount: 700, rule: 'fill-reward', cause: 'f' };

type Content = readonly [rewards: ExportedBlock['rewards'], transactions: readonly ExportedTransaction[]];

function modelOf(...contents: readonly Content[]): Model {
  const blocks = contents.map(([rewards, transactions], at) => ({
    height: at + 1,
    hash: `#${at}`,
    rewards,
    transactions,
  }));
  return new Model(blocks, (id) => id);
}

test('a day without faults: nothing to complain of, and the books of the story', () => {
  const model = modelOf(
    [[], [registration, order, result]],
    [[orderReward], [prescription, payment]],
    [[], [fill]],
    [[fillReward], []],
  );
  expect([...model.complaints, ...model.duplicates]).toEqual([]);
  expect([alice, 'bob', 'SYSTEM_BANK_001'].map((name) => model.balanceOf(name))).toEqual([1_100, 100, 998_800]);
  expect(model.answeredBy.get('o')).toBe('t');
  expect(model.closedBy.get('p')).toBe('f');
});

test('what SYSTEM cannot pay waits until it can', () => {
  const all = Array.from({ length: 2_001 }, (_, at) => at);
  const orders = all.map((at) => ({ ...order, id: `o${at}` }));
  const results = all.map((at) => ({ ...result, id: `t${at}`, fields: { order: `o${at}` } }));
  const rewards = all.map((at) => ({ ...orderReward, id: `r${at}`, cause: `t${at}` }));
  const refill = { ...payment, fields: { to: 'SYSTEM_BANK_001', amount: 600 } };
  const model = modelOf(
    [[], [registration, ...orders]],
    [[], results],
    [rewards.slice(0, 2_000), [refill]],
    [rewards.slice(2_000), []],
  );
  expect([...model.complaints, ...model.duplicates]).toEqual([]);
  expect(model.balanceOf('SYSTEM_BANK_001')).toBe(100);
});

const begun: Content = [[], [registration, order, prescription]];
const wrong: readonly (readonly [what: string, contents: readonly Content[], says: RegExp])[] = [
  ['an id twice', [begun, [[], [registration]]], /registered again|is in #1 and #2/],
  ['an order answered twice', [begun, [[], [result, { ...result, id: 't2' }]]], /o is closed by t and, in #2, by t2/],
  ['a prescription filled twice', [begun, [[], [fill, { ...fill, id: 'f2' }]]], /p is closed by f and, in #2, by f2/],
  ['a result without an order', [[[], [result]]], /closes o, which nobody opened/],
  ['a patient whom nobody registered', [[[], [order]]], /whom nobody registered/],
  ['a reward too late', [begun, [[], [result]], [[], [payment]], [[orderReward], []]], /#3 pays \[\] and owes \[order/],
  ['a reward for nothing', [begun, [[orderReward], []]], /#2 pays \[order-reward for t.*\] and owes \[\]/],
  ['a reward twice', [begun, [[], [result]], [[orderReward], []], [[orderReward], []]], /ot is paid again|#4 pays/],
  ['another amount', [begun, [[], [result]], [[{ ...orderReward, amount: 501 }], []]], /501\] and owes/],
  ['money that is not there', [[[], [payment]]], /takes 100 from dr_alice, who has 0/],
];

test.each(wrong)('the model notices %s', (_what, contents, says) => {
  const model = modelOf(...contents);
  expect([...model.complaints, ...model.duplicates].join('\n')).toMatch(says);
});

test('a seed is one plan, and another seed another', () => {
  expect(planOf(7, true)).toEqual(planOf(7, true));
  expect(planOf(8, true)).not.toEqual(planOf(7, true));
  const kills = planOf(7, true).kills.flatMap(({ again }) => again);
  for (const cutMs of [10_000, 60_000, 300_000]) {
    expect(planOf(7, true).cuts.map((cut) => cut.cutMs)).toContain(cutMs);
    expect(planOf(7, true).namespaceCuts.map((cut) => cut.cutMs)).toContain(cutMs);
  }
  expect(planOf(7, true).kills.length + kills.length).toBeGreaterThanOrEqual(100);
  expect(new Set(kills.map(({ during }) => during)).size).toBe(2);
});

test('a class in which no fault struck fails the run, and one that cannot run here does not', () => {
  const struck = { ...newRow('kill'), injected: 1, acknowledged: 1 };
  const isMet = (rows: Parameters<typeof targets>[0]) => targets(rows, false).every(({ met }) => met);
  expect(isMet([struck])).toBe(true);
  expect(isMet([struck, newRow('pause')])).toBe(false);
  expect(isMet([struck, { ...newRow('namespace'), skipped: 'there is no `ip` here' }])).toBe(true);
  expect(isMet([])).toBe(false);
  // Where nothing was promised, nothing could be lost.
  expect(isMet([{ ...struck, acknowledged: 0 }])).toBe(false);
});

test('the whole run fails where a machine cannot cut links or fill disks, and where no words were read', () => {
  const struck = (name: string) => ({ ...newRow(name), injected: 1, acknowledged: 1, read: 1 });
  const skipped = (name: string) => ({ ...newRow(name), skipped: 'this machine does not allow it' });
  const missed = (rows: Parameters<typeof targets>[0], isFull = true) =>
    targets(rows, isFull).flatMap(({ what, met }) => (met ? [] : [what]));
  expect(missed([struck('cut'), struck('namespace'), struck('full-disk')])).toEqual([]);
  expect(missed([skipped('cut'), struck('namespace'), struck('full-disk')])).toEqual([]);
  expect(missed([skipped('cut'), skipped('namespace'), struck('full-disk')])).toEqual(['cut or namespace ran']);
  expect(missed([struck('cut'), skipped('full-disk')])).toEqual(['full-disk ran']);
  expect(missed([struck('cut'), skipped('full-disk')], false)).toEqual([]);
  expect(missed([{ ...struck('pause'), read: 0 }])).toEqual(['in every class records were read']);
});
