/** What is about to be signed, by whom and for whom. */
import { type Action, type ActionContext, patientName, type RawInput } from '../../actions/index.ts';
import { pairs } from '../format/layout.ts';
import { short } from '../format/plain-words.ts';
import { valueWords } from '../format/record-words.ts';
import type { Line } from '../printer.ts';

export async function summaryLines(
  action: Action,
  input: RawInput,
  labels: Readonly<Record<string, string>>,
  context: ActionContext,
): Promise<Line[]> {
  const { user, activePatient } = context.session;
  const rows: [string, string][] = [];
  if (user) rows.push(['Signed by', `${user.member.username} (${user.member.name}, ${user.member.place})`]);
  // A registration makes a new patient, and a transfer is for none.
  if (activePatient !== null && action.name !== 'register' && action.name !== 'transfer') {
    const name = await patientName(activePatient, context);
    rows.push(['Patient', name === null ? activePatient : `${name} · ${short(activePatient)}`]);
  }
  for (const { input: key, label, unit } of action.questions) {
    const value = input[key];
    if (value === undefined) continue;
    const shown = labels[key] ?? (typeof value === 'boolean' ? (value ? 'yes' : 'no') : valueWords(value));
    rows.push([label.replace(/\?$/, ''), unit === undefined || /month/.test(unit) ? shown : `${shown} (${unit})`]);
  }
  return [{ text: `This will be signed: ${action.name}`, tone: 'heading' }, ...pairs(rows, 2)];
}
