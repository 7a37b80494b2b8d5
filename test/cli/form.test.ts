import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { type Action, type Choice, defineAction, done, findAction, type Question } from '../../src/actions/index.ts';
import type { Line } from '../../src/cli/printer.ts';
import type { Asker, TextQuestion } from '../../src/cli/terminal/asker.ts';
import { whyNotNow } from '../../src/cli/terminal/before-form.ts';
import { type Filled, fillForm, needsForm } from '../../src/cli/terminal/form.ts';
import { stub } from './stub-carechain.ts';

const questions: Question[] = [
  { input: 'medication', label: 'Medication', kind: 'text' },
  {
    input: 'dosage',
    label: 'Dosage',
    unit: 'mg',
    kind: 'number',
    objection: (typed) => (/^\d+$/.test(typed) ? null : 'Give digits.'),
  },
  { input: 'remark', label: 'Remark', kind: 'text', optional: true },
  { input: 'urgent', label: 'Urgent?', kind: 'yes-no' },
];

const prescribe = defineAction({
  name: 'try_it',
  summary: '',
  usage: 'try_it',
  example: 'try_it',
  who: 'anyone',
  input: z.strictObject({
    medication: z.string(),
    dosage: z.string(),
    remark: z.string().optional(),
    urgent: z.boolean(),
  }),
  positional: [],
  questions,
  cancelled: 'Prescription cancelled (missing details)',
  signs: true,
  run: async () => done({}),
}) as unknown as Action;

/** Answers in order, and tells what was asked. An answer that is objected to is followed by the next one. */
function askerOf(...answers: (string | boolean)[]): Asker & { readonly asked: string[] } {
  const asked: string[] = [];
  const next = () => {
    if (answers.length === 0) throw new Error(`nothing left to answer ${asked.at(-1)}`);
    return answers.shift()!;
  };
  return {
    asked,
    async text({ message, objection }: TextQuestion) {
      for (;;) {
        asked.push(message);
        const answer = String(next());
        if (answer === '' || !objection?.(answer)) return answer;
      }
    },
    async password(message) {
      asked.push(message);
      return String(next());
    },
    async yesNo(message) {
      asked.push(message);
      return next() === true;
    },
    async choose(message, choices: readonly Choice[]) {
      asked.push(`${message} ${choices.map(({ label }) => label).join('|')}`);
      return String(next());
    },
  };
}

async function fill(action: Action, given: Record<string, unknown>, asker: Asker): Promise<Filled & { shown: string }> {
  const shown: Line[] = [];
  const { context } = stub();
  const filled = await fillForm(action, given, { asker, context, show: async (lines) => void shown.push(...lines) });
  return { ...filled, shown: shown.map((line) => (typeof line === 'string' ? line : line.text)).join('\n') };
}

describe('a form', () => {
  test('asks what was not given, shows what will be signed, and signs', async () => {
    const asker = askerOf('200', '', true, 'sign');
    const filled = await fill(prescribe, { medication: 'Iron' }, asker);
    expect(asker.asked).toEqual([
      'Dosage (mg)',
      'Remark (may be left empty)',
      'Urgent?',
      'Sign it? Sign|Change|Cancel',
    ]);
    expect(filled).toMatchObject({ kind: 'filled', input: { medication: 'Iron', dosage: '200', urgent: true } });
    expect(filled.shown).toMatch(/Medication +Iron\n +Dosage +200 \(mg\)\n +Urgent +yes/);
  });

  test('asks again where something speaks against an answer', async () => {
    const asker = askerOf('Iron', 'many', '200', '', false, 'sign');
    expect(await fill(prescribe, {}, asker)).toMatchObject({ kind: 'filled', input: { dosage: '200', urgent: false } });
  });

  test('an obligatory answer left empty cancels, in the words of the action', async () => {
    expect(await fill(prescribe, {}, askerOf('Iron', ''))).toMatchObject({
      kind: 'cancelled',
      sentence: 'Prescription cancelled (missing details)',
    });
  });

  test('change asks everything again; cancel signs nothing', async () => {
    const asker = askerOf('Iron', '200', '', true, 'change', 'Zinc', '10', 'after meals', false, 'sign');
    expect(await fill(prescribe, {}, asker)).toMatchObject({
      input: { medication: 'Zinc', dosage: '10', remark: 'after meals', urgent: false },
    });
    expect(await fill(prescribe, {}, askerOf('Iron', '200', '', true, 'cancel'))).toMatchObject({ kind: 'cancelled' });
  });

  test('a line that says everything is shown once more before it is signed', async () => {
    const given = { medication: 'Iron', dosage: '200', remark: 'none', urgent: true };
    expect(needsForm(prescribe, given)).toBe(true);
    const asker = askerOf('sign');
    expect(await fill(prescribe, given, asker)).toMatchObject({ kind: 'filled', input: given });
    expect(asker.asked).toHaveLength(1);
  });

  test('what the action will refuse is not shown to be signed', async () => {
    const asker = askerOf();
    const given = { medication: 'Iron', dosage: '200', remark: '', urgent: 'perhaps' };
    expect(await fill(prescribe, given, asker)).toMatchObject({ kind: 'filled' });
    expect(asker.asked).toEqual([]);
  });

  test('with nothing to choose from, nothing is asked', async () => {
    const choice: Question = { input: 'id', label: 'Prescription', kind: 'choice', choices: async () => [] };
    const filled = await fill({ ...prescribe, name: 'fill', questions: [choice, ...questions] }, {}, askerOf());
    expect(filled).toMatchObject({ kind: 'refused', outcome: { error: { code: 'nothing-to-fill' } } });
  });

  test('the last question of fill names the medicine and is its own summary', async () => {
    const choice: Question = {
      input: 'id',
      label: 'Prescription',
      kind: 'choice',
      choices: async () => [
        { value: 'new', label: 'newest' },
        { value: 'old', label: 'older' },
      ],
    };
    const yes: Question = {
      input: 'yes',
      label: 'Dispense it?',
      labelFor: async ({ id }) => `Dispense ${id}?`,
      kind: 'yes-no',
    };
    const input = z.strictObject({ id: z.string(), yes: z.boolean() });
    const asker = askerOf('new', true);
    const beforeSigning = async () => ['It has no confirmation.'];
    const action = { ...prescribe, input, questions: [choice, yes], beforeSigning } as Action;
    const filled = await fill(action, {}, asker);
    expect(filled).toMatchObject({
      kind: 'filled',
      input: { id: 'new', yes: true },
      said: ['It has no confirmation.'],
    });
    expect(asker.asked).toEqual(['Prescription newest|older', 'Dispense new?']);
  });
});

describe('before a form', () => {
  const user = (role: string) => ({ member: { role }, keys: {} }) as never;

  test('who may not do it is told so, and fills in nothing', () => {
    const { context } = stub();
    const consult = findAction('consult')!;
    expect(whyNotNow(consult, context)).toMatchObject({ error: { code: 'login-required' } });
    context.session.user = user('lab');
    expect(whyNotNow(consult, context)).toMatchObject({ error: { code: 'wrong-role' } });
    context.session.user = user('doctor');
    expect(whyNotNow(consult, context)).toMatchObject({ error: { code: 'no-active-patient' } });
    context.session.activePatient = '97c928d0-c2cf-4e4b-ac28-811898aa0587';
    expect(whyNotNow(consult, context)).toBeNull();
    expect(whyNotNow(findAction('register')!, context)).toBeNull();
    expect(whyNotNow(findAction('login')!, context)).toBeNull();
  });
});
