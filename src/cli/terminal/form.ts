/**
 * A form: asks for the inputs that were not given, in the order of the action's questions, and before something is signed
 * shows what: sign, change or cancel.
 */
import {
  type Action,
  type ActionContext,
  failure,
  type Outcome,
  type Question,
  type RawInput,
} from '../../actions/index.ts';
import { paragraph } from '../format/layout.ts';
import type { Line } from '../printer.ts';
import type { Asker } from './asker.ts';
import { summaryLines } from './summary.ts';

export type Filled =
  /** `said`: what stood before the signature. */
  | { readonly kind: 'filled'; readonly input: RawInput; readonly said: readonly string[] }
  /** A required answer was left empty, or the whole was called off. */
  | { readonly kind: 'cancelled'; readonly sentence: string | null }
  | { readonly kind: 'refused'; readonly outcome: Outcome<never> };

export interface FormPorts {
  readonly asker: Asker;
  readonly context: ActionContext;
  show(lines: readonly Line[]): Promise<void>;
}

interface Answers {
  readonly input: Record<string, unknown>;
  /** What a choice was called, for the summary. */
  readonly labels: Record<string, string>;
  /** Remarks that were shown. */
  said: readonly string[];
}

/** Whether anything is to be asked, or shown, before the action runs. */
export function needsForm(action: Action, given: RawInput): boolean {
  return action.questions.some(({ input }) => given[input] === undefined) || showsSummary(action);
}

export async function fillForm(action: Action, given: RawInput, ports: FormPorts): Promise<Filled> {
  const answers: Answers = { input: { ...given }, labels: {}, said: [] };
  let asked = action.questions.filter(({ input }) => given[input] === undefined);
  for (;;) {
    for (const question of asked) {
      const stop = await askOne(action, question, answers, ports);
      if (stop) return stop;
    }
    // What is not of its form, the action itself says; there is nothing to sign then.
    const parsed = action.input.safeParse(answers.input);
    if (!showsSummary(action) || !parsed.success) return filled(answers);
    // As it will be signed: 13.9 where 13,9 was typed.
    await ports.show(await summaryLines(action, parsed.data, answers.labels, ports.context));
    await remark(action, parsed.data, answers, ports);
    const next = await ports.asker.choose('Sign it?', signChoices);
    if (next === 'sign') return filled(answers);
    if (next === 'cancel') return { kind: 'cancelled', sentence: null };
    asked = [...action.questions];
  }
}

function filled({ input, said }: Answers): Filled {
  return { kind: 'filled', input, said };
}

/** Says what belongs before signing. */
async function remark(
  action: Action,
  input: RawInput,
  answers: Answers,
  { context, show }: Pick<FormPorts, 'context' | 'show'>,
): Promise<void> {
  answers.said = (await action.beforeSigning?.(input, context)) ?? [];
  await show(answers.said.flatMap((each) => paragraph(each, '  ')));
}

const signChoices = [
  { value: 'sign', label: 'Sign' },
  { value: 'change', label: 'Change' },
  { value: 'cancel', label: 'Cancel' },
];

/** An action that asks for a `yes` has its own last question, which names what will be done. */
function showsSummary({ signs, input }: Action): boolean {
  return signs && !Object.hasOwn(input.shape, 'yes');
}

async function askOne(
  action: Action,
  question: Question,
  answers: Answers,
  { asker, context, show }: FormPorts,
): Promise<Filled | null> {
  const { input, labels } = answers;
  const { kind, optional = false } = question;
  const message = await messageOf(question, input, context);
  const before = typeof input[question.input] === 'string' ? (input[question.input] as string) : undefined;
  if (kind === 'yes-no') {
    // This question stands in for the summary, so what belongs before signing belongs before it.
    if (question.input === 'yes') await remark(action, input, answers, { context, show });
    input[question.input] = await asker.yesNo(message);
    return null;
  }
  if (kind === 'choice') {
    const choices = (await question.choices?.(context)) ?? [];
    if (choices.length === 0) return optional ? null : { kind: 'refused', outcome: nothingToChoose(action) };
    const chosen = await asker.choose(message, choices, before);
    input[question.input] = chosen;
    labels[question.input] = choices.find(({ value }) => value === chosen)?.label ?? chosen;
    return null;
  }
  const answer = await (kind === 'password'
    ? asker.password(message)
    : asker.text({
        message,
        ...(before === undefined ? {} : { initial: before }),
        ...(question.objection ? { objection: question.objection } : {}),
      }));
  if (answer === '' && !optional) return { kind: 'cancelled', sentence: action.cancelled ?? null };
  if (answer === '') delete input[question.input];
  else input[question.input] = answer;
  return null;
}

async function messageOf(
  { label, labelFor, unit, optional = false }: Question,
  answers: RawInput,
  context: ActionContext,
): Promise<string> {
  const shown = (await labelFor?.(answers, context)) ?? label;
  const remarks = [...(unit === undefined ? [] : [unit]), ...(optional ? ['may be left empty'] : [])];
  return remarks.length === 0 ? shown : `${shown} (${remarks.join('; ')})`;
}

/** What the action would say; it cannot be asked, because what it needs cannot be chosen. */
function nothingToChoose({ name }: Action): Outcome<never> {
  if (name === 'perform_test') return failure('no-open-order');
  if (name === 'fill') return failure('nothing-to-fill');
  return failure('unknown-transaction', { what: 'There is nothing to choose from.' });
}
