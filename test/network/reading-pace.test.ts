import type { MultiaddrConnection } from '@libp2p/interface';
import { expect, test } from 'vitest';
import { corkWrites } from '../../src/network/corked-writes.ts';
import { createReadingPace } from '../../src/network/reading-pace.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Sockets whose bytes take as many milliseconds as there are of them. */
function bench() {
  let nowMs = 1_000;
  const timers: { at: number; run: () => void }[] = [];
  const pace = createReadingPace({
    now: () => nowMs,
    after(delayMs, run) {
      timers.push({ at: nowMs + delayMs, run });
      return { cancel() {} };
    },
  });
  return {
    timers,
    pass(ms: number) {
      nowMs += ms;
      for (const timer of timers.splice(0)) timer.run();
    },
    socket() {
      const socket = {
        status: 'open',
        readStatus: 'readable',
        onData(bytes: Uint8Array) {
          nowMs += bytes.length;
        },
        pause() {
          socket.readStatus = 'paused';
        },
        resume() {
          socket.readStatus = 'readable';
        },
      };
      pace.watch(socket as unknown as MultiaddrConnection);
      return socket;
    },
  };
}

test('a link that keeps us busy is not read until the others have had as much time', async () => {
  const { socket, timers, pass } = bench();
  const busy = socket();
  busy.onData(new Uint8Array(40));
  await turn();
  expect([busy.readStatus, timers.map(({ at }) => at)]).toEqual(['paused', [1_040 + 40]]);
  pass(40);
  expect(busy.readStatus).toBe('readable');
});

test('a link that takes less than its half is always read', async () => {
  const { socket, pass } = bench();
  const quiet = socket();
  for (let round = 0; round < 50; round += 1) {
    quiet.onData(new Uint8Array(4));
    await turn();
    expect(quiet.readStatus).toBe('readable');
    pass(5);
  }
});

test('what one link costs is not held against another that is read in the same turn', async () => {
  const { socket } = bench();
  const [busy, quiet] = [socket(), socket()];
  busy.onData(new Uint8Array(100));
  quiet.onData(new Uint8Array(1));
  await turn();
  expect([busy.readStatus, quiet.readStatus]).toEqual(['paused', 'readable']);
});

test('a link that was closed meanwhile is left alone', async () => {
  const { socket, pass } = bench();
  const busy = socket();
  busy.onData(new Uint8Array(40));
  await turn();
  busy.status = 'closed';
  pass(40);
  expect(busy.readStatus).toBe('paused');
});

test('what is written in one turn of the event loop goes out together', async () => {
  const calls: string[] = [];
  const socket = {
    socket: { cork: () => calls.push('cork'), uncork: () => calls.push('uncork') },
    sendData: (data: string) => calls.push(data),
  };
  corkWrites(socket as unknown as MultiaddrConnection);
  socket.sendData('one');
  await Promise.resolve();
  socket.sendData('two');
  await turn();
  socket.sendData('three');
  await turn();
  expect(calls).toEqual(['cork', 'one', 'two', 'uncork', 'cork', 'three', 'uncork']);
});
