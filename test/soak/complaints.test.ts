import { expect, test } from 'vitest';
import { complaintsOf, complaintsOfWork } from './complaints.ts';
import type { Judged } from './judgement.ts';
import type { SoakReport } from './soak.ts';

const judged = (role: Judged['role'], verdict: Judged['verdict']): Judged => ({
  ...{ role, figure: 'anonymous memory', samples: 100, from: 1, to: 2 },
  ...{ slope: { perHour: 1, low: -20, high: 20 }, verdict },
});

const good: SoakReport = {
  ...{ seed: 1, measuredMinutes: 30, history: 0, height: 9, acknowledged: 100, lost: 0, agree: true },
  ...{ askedPerSecond: 25, acknowledgedPerSecond: 20 },
  struck: { cut: 1, 'link-lost': 1, 'link-silent': 1, stranger: 1, 'rude-callers': 1, restart: 1, reorg: 1 },
  ...{ visits: 20, turnedAway: 0, givenUp: 0, givenUpFor: [], doneUnheard: 0, refusals: {}, samples: [] },
  judged: [judged('doctor', 'flat'), judged('lab', 'small'), judged('doctor', 'not judged')],
  ...{ mostLogBytes: 0, errors: {}, shunned: 0 },
};

test('a soak that held is not complained of', () => {
  expect(complaintsOf(good)).toEqual([]);
});

test.each<[string, Partial<SoakReport>, RegExp]>([
  ['a figure that grows', { judged: [...good.judged, judged('lab', 'growing')] }, /grows/],
  ['a figure of which nothing can be told', { judged: [...good.judged, judged('lab', 'too-noisy')] }, /too noisy/],
  ['work that was not done', { acknowledgedPerSecond: 19.9 }, /19.9 transactions a second were acknowledged, and 25/],
])('%s is complained of', (_what, change, complaint) => {
  expect(complaintsOf({ ...good, ...change })).toEqual([expect.stringMatching(complaint)]);
});

test('an honest node that shuns an honest one is complained of, also in the quick form', () => {
  expect(complaintsOfWork({ ...good, shunned: 2 })).toEqual([expect.stringMatching(/shunned/)]);
});

test('figures that are not judged do not stand for those that are', () => {
  const unjudged = [judged('doctor', 'too-short'), judged('lab', 'not judged')];
  expect(complaintsOf({ ...good, judged: unjudged })).toEqual(['It was too short to tell of any slope.']);
});
