import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { actions, defineAction, findAction, runAction } from '../../src/actions/index.ts';
import { CarechainError, type LogFacts, type Logger } from '../../src/base/index.ts';
import { type Clinic, openClinic } from './clinic.ts';

let clinic: Clinic;
let logged: { message: string; facts: LogFacts | undefined }[];

beforeEach(async () => {
  logged = [];
  const write = (message: string, facts?: LogFacts) => void logged.push({ message, facts });
  const logger: Logger = { debug: write, info: write, warn: write, error: write, child: () => logger };
  clinic = await openClinic({ logger });
});
afterEach(() => clinic.close());

const contract = [
  'login logout whoami mine chain pending balances peers sync recalc_balances status tx block verify members lost reorgs scrub offline online',
  'set_patient history find todo transfer print',
  'register consult prescribe void',
  'perform_test',
  'fill',
].map((names) => names.split(' '));

test('the actions are those of the contract, and who may run them', () => {
  expect(actions.map(({ name }) => name).sort()).toEqual(contract.flat().sort());
  const whoOf = ({ who }: (typeof actions)[number]) => (typeof who === 'string' ? who : who.join());
  for (const [index, who] of ['anyone', 'member', 'doctor', 'lab', 'pharmacy'].entries()) {
    expect(contract[index]!.map((name) => whoOf(findAction(name)!))).toEqual(contract[index]!.map(() => who));
  }
});

test('hyphen and underscore are the same in a name', () => {
  expect(findAction('perform-test')).toBe(findAction('perform_test'));
  expect(findAction('nonsense')).toBeUndefined();
  expect(findAction('constructor')).toBeUndefined();
});

test.each(actions.map((action) => [action.name, action] as const))(
  '%s is described, and its inputs exist',
  (name, action) => {
    expect(action.usage.split(' ')[0]).toBe(name);
    expect(action.example.split(' ')[0]).toBe(name);
    expect(action.summary.length).toBeLessThanOrEqual(90);
    const inputs = Object.keys(action.input.shape);
    const named = [
      ...action.positional,
      ...(action.rest ? [action.rest] : []),
      ...action.questions.map(({ input }) => input),
    ];
    expect(named.filter((input) => !inputs.includes(input))).toEqual([]);
  },
);

test.each([
  ['login-required', undefined, 'history', 'Nobody is logged in.'],
  ['wrong-role', 'bob', 'register', 'This user is not a doctor.'],
  ['wrong-role', 'alice', 'perform_test', 'This user is not a lab.'],
  ['wrong-role', 'alice', 'fill', 'This user is not a pharmacy.'],
  ['wrong-role', 'dana', 'consult', 'This user is not a doctor.'],
])('%s: %s may not %s', async (code, username, name, sentence) => {
  const outcome = await clinic.user(username).run(name);
  expect(outcome).toMatchObject({ ok: false, error: { code, message: expect.stringContaining(sentence) } });
});

test('what is missing and what is wrong is named as it is typed', async () => {
  const alice = clinic.user('alice');
  const messageOf = async (name: string, input: Record<string, unknown>) => {
    const outcome = await alice.run(name, input);
    return outcome.ok ? 'OK' : outcome.error.message;
  };
  expect(await messageOf('consult', {})).toContain('--notes is missing. Usage: consult --notes');
  expect(await messageOf('set_patient', {})).toContain('<id> is missing.');
  expect(await messageOf('consult', { notes: 'x', orderTest: 'maybe' })).toBe(
    '--order-test: Give yes or no. Give it again.',
  );
  expect(await messageOf('chain', { cuont: 3 })).toContain('chain takes no option --cuont.');
  expect(await messageOf('chain', { '\u001b[2J': 3 })).not.toContain('\u001b');
});

test('an empty flag is a flag, an empty text is none', async () => {
  const alice = clinic.user('alice');
  await alice.must('register', { name: 'Jane' });
  expect(await alice.must('consult', { notes: 'x', orderTest: '' })).toMatchObject({ orderId: expect.any(String) });
  expect(await alice.must('consult', { notes: 'x', orderTest: 'no' })).toMatchObject({ orderId: null });
  expect(await alice.code('consult', { notes: '' })).toBe('missing-argument');
});

function throwing(error: unknown) {
  return defineAction({
    ...findAction('whoami')!,
    input: z.strictObject({}),
    async run() {
      throw error;
    },
  });
}

test('what is thrown becomes an answer: a sentence of ours with its code, anything else without a word of it', async () => {
  const { context } = clinic.user();
  const full = new CarechainError('folder-failed', 'The disk is full.');
  expect(await runAction(throwing(full), {}, context)).toEqual({
    ok: false,
    error: { code: 'folder-failed', message: 'The disk is full.' },
  });
  const unknown = await runAction(throwing(new TypeError('Jane Doe of undefined')), {}, context);
  expect(unknown).toMatchObject({ error: { code: 'internal-error' } });
  expect(JSON.stringify([unknown, logged])).not.toContain('Jane');
});

test('names, notes and passwords never reach the log', async () => {
  const alice = clinic.user('alice');
  await alice.must('register', { name: 'Geheim Name' });
  await alice.must('consult', { notes: 'Geheim Notiz', orderTest: true });
  await alice.run('consult', { notes: 7, secret: 'Geheim' });
  await clinic.user().run('login', { username: 'geheim', password: 'Geheim' });
  expect(logged.length).toBeGreaterThan(3);
  expect(JSON.stringify(logged).toLowerCase()).not.toContain('geheim');
});
