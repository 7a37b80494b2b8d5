import { PassThrough } from 'node:stream';
import { describe, expect, test, vi } from 'vitest';
import { type EdgeEvent, nodeEvents } from '../../src/cli/events.ts';
import { Piped } from '../../src/cli/piped.ts';
import { Printer } from '../../src/cli/printer.ts';
import { recorded, stub } from './stub-carechain.ts';

interface Line {
  readonly ok?: boolean;
  readonly command?: string | null;
  readonly line?: number;
  readonly event?: string;
  readonly result?: Record<string, unknown>;
  readonly error?: { code: string };
}

function open({
  node = {},
  json = true,
  stopped = new Promise<void>(() => {}),
}: {
  node?: object;
  json?: boolean;
  stopped?: Promise<void>;
} = {}) {
  const input = new PassThrough();
  const output = new PassThrough();
  const text = recorded(output);
  const { context } = stub(node as Record<string, unknown>);
  const piped = new Piped({ input, printer: new Printer(output, false), json, context, stopped });
  const lines = () =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  return { input, output, piped, lines, text };
}

const blockEvent: EdgeEvent = nodeEvents.block({
  hash: '00',
  height: 4,
  miner: '11',
  transactions: 0,
  own: [],
  minedHere: true,
});

describe('piped mode', () => {
  test('answers every line once, in order, with its number; comments and blank lines not at all', async () => {
    const { input, piped, lines } = open();
    input.end('whoami\n\n# remark\nnonsense\n"open\nmembers\n');
    await piped.serve();
    expect(lines().map(({ ok, command, line }) => [ok, command, line])).toEqual([
      [true, 'whoami', 1],
      [false, 'nonsense', 4],
      [false, null, 5],
      [true, 'members', 6],
    ]);
    expect(lines().flatMap(({ error }) => (error ? [error.code] : []))).toEqual(['unknown-command', 'bad-line']);
  });

  test('runs one command at a time: a slow one is answered before a quick one that follows it', async () => {
    let finish: ((result: unknown) => void) | null = null;
    const node = {
      verify: () =>
        new Promise((resolve) => {
          finish = resolve;
        }),
    };
    const { input, piped, lines } = open({ node });
    input.end('verify\nwhoami\n');
    const served = piped.serve();
    await vi.waitFor(() => expect(finish).not.toBeNull());
    expect(lines()).toEqual([]);
    finish!({ height: 3, checks: [], failure: null });
    await served;
    expect(lines().map(({ command }) => command)).toEqual(['verify', 'whoami']);
  });

  test("tells a command's own event after its answer, and others between answers", async () => {
    const tell: { event?: (event: EdgeEvent) => void } = {};
    const node = {
      async verify() {
        tell.event?.(blockEvent);
        return { height: 3, checks: [], failure: null };
      },
    };
    const { input, piped, lines } = open({ node });
    tell.event = (event) => piped.tell(event);
    piped.tell(nodeEvents.error({ code: 'clock-skewed', message: 'The clock is off.' }));
    input.end('verify\nwhoami\n');
    await piped.serve();
    expect(lines().map(({ event, command }) => event ?? command)).toEqual(['error', 'verify', 'block', 'whoami']);
  });

  test('answers a line that is too long or no UTF-8, and goes on', async () => {
    const { input, piped, lines } = open();
    input.write(Buffer.alloc(70_000, 'x'));
    input.write('\n');
    input.write(Uint8Array.of(0xff, 0xfe, 0x0a));
    input.end('whoami');
    await piped.serve();
    expect(lines().map(({ line, error, command }) => [line, error?.code ?? command])).toEqual([
      [1, 'line-too-long'],
      [2, 'bad-line'],
      [3, 'whoami'],
    ]);
  });

  test('reads lines out of single bytes', async () => {
    const { input, piped, lines } = open();
    const served = piped.serve();
    for (const byte of Buffer.from('help mine\nwhoami\n')) input.write(Uint8Array.of(byte));
    input.end();
    await served;
    expect(lines().map(({ command }) => command)).toEqual(['help', 'whoami']);
  });

  test('exit is answered and ends, and nothing after it runs', async () => {
    const { input, piped, lines } = open();
    input.write('exit\nwhoami\n');
    await piped.serve();
    expect(lines()).toEqual([{ ok: true, command: 'exit', line: 1, result: {} }]);
  });

  test('a stop ends it, also while a command runs', async () => {
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const { input, piped, lines } = open({ stopped, node: { verify: () => new Promise(() => {}) } });
    input.write('verify\nwhoami\n');
    const served = piped.serve();
    stop();
    await served;
    expect(lines()).toEqual([]);
  });

  test('a reader that is slow slows the commands down', async () => {
    const { input, output, piped } = open();
    output.removeAllListeners('data');
    output.pause();
    for (let line = 0; line < 200; line++) input.write('help\n');
    const served = piped.serve();
    input.end();
    await vi.waitFor(() => expect(output.writableNeedDrain).toBe(true));
    // What the stream itself holds before it says stop (more on newer Nodes), and one answer.
    const buffers = output.writableHighWaterMark + output.readableHighWaterMark;
    expect(output.writableLength + output.readableLength).toBeLessThan(buffers + 20_000);
    output.resume();
    await served;
  });

  test('without --json says the same in plain text, without colour', async () => {
    const { input, piped, text } = open({ json: false });
    piped.tell(blockEvent);
    input.end('whoami\nnonsense\n');
    await piped.serve();
    expect(text()).toBe(
      '■ block #4 00 with 0 transactions\nNobody is logged in.\n✗ There is no command nonsense. See `help`.\n',
    );
  });
});
