import { expect, test } from 'vitest';
import { type EdgeEvent, nodeEvents, recordEvent, watchEvents } from '../../src/cli/events.ts';
import { stub } from './stub-carechain.ts';

const id = '3f2a'.repeat(16);

function words({ line }: EdgeEvent): string {
  return line === null ? '' : typeof line === 'string' ? line : line.text;
}

test.each<[string, EdgeEvent, Record<string, unknown>, RegExp]>([
  [
    'transaction',
    nodeEvents.transaction({ id, kind: 'PRESCRIPTION', own: false }),
    { event: 'transaction', id, kind: 'PRESCRIPTION' },
    /prescription 3f2a3f2a is pending/,
  ],
  [
    'block',
    nodeEvents.block({ height: 5, hash: id, miner: id, transactions: 3, own: [id], minedHere: false }),
    { event: 'block', height: 5, hash: id, miner: id, transactions: 3, own: [id] },
    /block #5 3f2a3f2a with 3 transactions, 1 of yours/,
  ],
  [
    'peer',
    nodeEvents.peer({ peerId: '12D3', address: '127.0.0.1:5002', nodeId: 'LabNode-5002', state: 'connected' }),
    { event: 'peer', peerId: '12D3', address: '127.0.0.1:5002', state: 'connected' },
    /✓ connected to LabNode-5002 \(127\.0\.0\.1:5002\)/,
  ],
  [
    'reorg',
    nodeEvents.reorg({
      time: 0,
      ancestorHeight: 4,
      ancestorHash: id,
      removed: [id],
      added: [id, id],
      returned: [id],
      lost: [],
    }),
    { event: 'reorg', ancestorHeight: 4, removed: [id], added: [id, id], returned: [id], lost: [] },
    /another branch won after #4/,
  ],
  [
    'conflict',
    nodeEvents.conflict({ id, rejection: { code: 'prescription-already-filled', facts: {} } }),
    { event: 'conflict', id, code: 'prescription-already-filled' },
    /✗ 3f2a3f2a is lost: This prescription was filled already\. See `lost`\./,
  ],
  [
    'error',
    nodeEvents.error({ code: 'clock-skewed', message: 'The clock is off.' }),
    { event: 'error', code: 'clock-skewed', message: 'The clock is off.' },
    /✗ The clock is off\./,
  ],
  ['record', recordEvent(id), { event: 'record', transactionId: id }, /the text of 3f2a3f2a has arrived/],
  [
    'caught-up',
    nodeEvents.caughtUp({ blocks: 14, confirmed: 3, lost: 1 }),
    { event: 'caught-up', blocks: 14, confirmed: 3, lost: 1 },
    /caught up 14 blocks; 3 of your entries confirmed; 1 lost: see `lost`/,
  ],
  [
    'alone',
    nodeEvents.alone({ since: new Date(2026, 10, 21, 8, 12).getTime(), waiting: 3 }),
    { event: 'alone', since: new Date(2026, 10, 21, 8, 12).toISOString(), waiting: 3 },
    /alone since 08:12, 3 entries waiting/,
  ],
])('%s', (_name, event, json, sentence) => {
  expect(event.json).toEqual(json);
  expect(words(event)).toMatch(sentence);
});

test('a link that goes is told by the name that it had', () => {
  const { context, emitter } = stub({ isOffline: () => false });
  const told: EdgeEvent[] = [];
  const unwatch = watchEvents(context.carechain, (event) => told.push(event));
  emitter.emit('peer', { peerId: 'p', address: '127.0.0.1:1', nodeId: 'LabNode-5002', state: 'connected' });
  emitter.emit('peer', { peerId: 'p', address: '127.0.0.1:1', nodeId: null, state: 'disconnected' });
  unwatch();
  emitter.emit('peer', { peerId: 'p', address: '127.0.0.1:1', nodeId: null, state: 'connected' });
  expect(told.map(words)[1]).toContain('lost the link to LabNode-5002');
  expect(told).toHaveLength(2);
});

test('offline, a link that goes is no news', () => {
  const { context, emitter } = stub({ isOffline: () => true });
  const told: EdgeEvent[] = [];
  watchEvents(context.carechain, (event) => told.push(event));
  emitter.emit('peer', { peerId: 'p', address: '', nodeId: null, state: 'disconnected' });
  expect(told[0]).toMatchObject({ json: { event: 'peer', peerId: 'p', address: null }, line: null });
});
