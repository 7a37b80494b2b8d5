import { expect, test } from 'vitest';
import { Chance } from '../support/chance.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';
import { Wires } from './wires.ts';

test('where the machine is gone nobody answers: a request and a dial wait, and the end that is left can hang up', async () => {
  const timeline = new Timeline(new Trace(false));
  const wires = new Wires(timeline, new Chance('wires'));
  const clock = {
    now: () => timeline.nowMs,
    after: (delayMs: number, run: () => void) => timeline.after(delayMs, 'a timer', run),
  };
  const process = { isPaused: false, whenItMoves: (run: () => void) => run() };
  const [doctor, lab] = (['doctor', 'lab'] as const).map((name, index) =>
    wires.transport(name, `127.0.0.1:${7_001 + index}`, clock, process),
  );
  const heard: string[] = [];
  const events = { connected() {}, disconnected: (peerId: string) => heard.push(`without ${peerId}`) };
  await doctor!.start(events);
  await lab!.start(events);
  void doctor!.dial('127.0.0.1:7002');
  await timeline.passUntil(100);

  wires.die('lab', 'machine');
  const limits = { timeoutMs: 1_000, answerBytes: 10 };
  const note = (what: string) => () => heard.push(`${what} failed after ${timeline.nowMs - 100} ms`);
  doctor!.request('lab', '/test/one/1', new Uint8Array(1), limits).catch(note('the request'));
  doctor!.dial('127.0.0.1:7002').catch(note('the dial'));
  await timeline.passUntil(2_000);
  expect(heard).toEqual(['the request failed after 1000 ms']);
  await doctor!.disconnect('lab');
  await timeline.passUntil(6_000);
  expect(heard.slice(1)).toEqual(['without lab', 'the dial failed after 5000 ms']);
});
