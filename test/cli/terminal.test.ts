import { afterEach, describe, expect, test, vi } from 'vitest';
import { nodeEvents } from '../../src/cli/events.ts';
import { Printer } from '../../src/cli/printer.ts';
import { complete } from '../../src/cli/terminal/complete.ts';
import { Terminal } from '../../src/cli/terminal/terminal.ts';
import { recorded, stub, terminalStream } from './stub-carechain.ts';

const up = '\u001b[A';
const ctrlC = '\u0003';

const leave: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of leave.splice(0)) await end();
});

function open(node: Record<string, unknown> = {}) {
  const input = terminalStream();
  const output = terminalStream();
  const screen = recorded(output);
  const { context } = stub(node);
  Object.assign(context.carechain, { loginGuard: { attempt: async () => null } });
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const terminal = new Terminal({ input, output, printer: new Printer(output, false), context, stopped });
  const served = terminal.serve();
  leave.push(async () => {
    stop();
    await served;
  });
  /** What came since it was called last. */
  let seen = 0;
  const until = async (text: string | RegExp) => {
    await vi.waitFor(() => expect(visible(screen().slice(seen))).toMatch(text), { timeout: 5_000 });
    const part = visible(screen().slice(seen));
    seen = screen().length;
    return part;
  };
  const type = (text: string) => input.write(text);
  return { type, until, terminal, served, screen, context, stop };
}

function visible(text: string): string {
  return text.replace(/\u001b\[[0-9;?]*[A-Za-z]/g, '');
}

describe('the prompt', () => {
  test('answers a line and asks again', async () => {
    const { type, until } = open();
    await until('Doc@DoctorNode-5001 (No Patient) > ');
    type('whoami\r');
    await until(/Nobody is logged in\.[\s\S]*Doc@DoctorNode-5001 \(No Patient\) > /);
    type('balnces\r');
    await until('Did you mean `balances`?');
  });

  test('exit, Ctrl+C and a stop end it', async () => {
    for (const end of [
      ({ type }: ReturnType<typeof open>) => type('exit\r'),
      ({ type }: ReturnType<typeof open>) => type(ctrlC),
      ({ stop }: ReturnType<typeof open>) => stop(),
    ]) {
      const opened = open();
      await opened.until('> ');
      end(opened);
      await opened.served;
      expect(opened.screen()).toContain('✓ The node stops.');
    }
  });

  test('a password typed into the form never reaches the history or runs as a command', async () => {
    const { type, until, screen } = open();
    await until('> ');
    type('login dr_alice\r');
    await until('Password');
    type('sesame-9\r');
    await until(/Username and password do not fit[\s\S]*> /);
    type(up);
    await until('login dr_alice');
    type('\r');
    await until('Password');
    type(ctrlC);
    await until(/Cancelled[\s\S]*> /);
    expect(screen()).not.toContain('sesame-9');
  });

  test('a password on the line is refused and asked for, and not remembered', async () => {
    const { type, until } = open();
    await until('> ');
    type('login dr_alice sesame-9\r');
    await until(/A password is not typed on the line[\s\S]*Password/);
    type(ctrlC);
    await until(/Cancelled[\s\S]*> /);
    type('whoami\r');
    await until(/Nobody[\s\S]*> /);
    type(up);
    await until('whoami');
    // There is nothing older, so the line is empty.
    type(up);
    type('members\r');
    expect(await until('dr_alice')).not.toContain('sesame-9');
  });

  test('lines pasted behind a form are not run', async () => {
    const { type, until, screen } = open();
    await until('> ');
    type('login dr_alice\rmembers\r');
    await until('Password');
    type(ctrlC);
    await until(/Cancelled[\s\S]*> /);
    expect(screen()).not.toContain('lab_tech_bob');
  });

  test('an event goes above the line that is being typed', async () => {
    const { type, until, terminal } = open();
    await until('> ');
    type('whoa');
    await until('whoa');
    terminal.tell(nodeEvents.transaction({ id: 'ab'.repeat(32), kind: 'PRESCRIPTION', own: false }));
    expect(await until(/pending/)).toMatch(/\+ prescription abababab is pending\r?\n.*\(No Patient\) > whoa/);
    type('mi\r');
    await until('Nobody is logged in.');
  });

  test('an event during a form waits until it is over, and one of its own making is not told twice', async () => {
    const { type, until, terminal } = open();
    await until('> ');
    type('login dr_alice\r');
    await until('Password');
    terminal.tell(nodeEvents.error({ code: 'clock-skewed', message: 'The clock is off.' }));
    terminal.tell(nodeEvents.transaction({ id: 'ab'.repeat(32), kind: 'PRESCRIPTION', own: true }));
    type(ctrlC);
    const told = await until(/The clock is off\.[\s\S]*> /);
    expect(told.indexOf('Cancelled')).toBeLessThan(told.indexOf('The clock is off.'));
    expect(told).not.toContain('is pending');
  });
});

describe('Tab', () => {
  const found = '3f2a91bc'.repeat(8);
  const { context } = stub({ findIds: async () => [found], findPatients: async () => [] });

  test.each([
    ['mi', ['mine ']],
    ['help perf', ['perform_test ']],
    ['recalc', ['recalc_balances ']],
    ['perform-test --hem', ['--hemoglobin ']],
    ['login dr', ['dr_alice ']],
    ['login dr_alice pass', []],
    ['login --pass', []],
    ['tx 3f2a', [`${found} `]],
    ['tx 3f', []],
    ['nonsense x', []],
  ])('%j completes to %j', async (line, candidates) => {
    expect((await complete(line, context))[0]).toEqual(candidates);
  });
});
