/** Open orders and prescriptions as a terminal offers them: whose, what, and the beginning of the id. */
import type { ActionContext, Choice } from '../action.ts';
import { isoTime } from '../entries.ts';
import { readRecords, textField, transactionOf } from './records.ts';

/** More than this many nobody chooses from. */
const mostChoices = 50;

export async function choicesOf(open: readonly { readonly id: string }[], context: ActionContext): Promise<Choice[]> {
  const choices: Choice[] = [];
  for (const { id } of open.slice(0, mostChoices)) choices.push({ value: id, label: await labelOf(id, context) });
  return choices;
}

async function labelOf(id: string, context: ActionContext): Promise<string> {
  const transaction = transactionOf(id, context);
  if (!transaction) return id.slice(0, 8);
  const { text, state } = await readRecords(transaction, context);
  const what = textField(text, 'medication') ?? textField(text, 'test') ?? `(${state})`;
  const whom = textField(text, 'patientName') ?? 'unknown patient';
  return `${whom} · ${what} · ${isoTime(transaction.body.time).slice(0, 10)} · ${id.slice(0, 8)}`;
}
