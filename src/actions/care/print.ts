import { z } from 'zod';
import { patientOf, readMember, type Transaction } from '../../ledger/index.ts';
import type { RecordText } from '../../vault/index.ts';
import { type ActionContext, defineAction, done } from '../action.ts';
import { confirmationsOf, isoTime } from '../entries.ts';
import { failure } from '../error-codes.ts';
import { idText, line } from '../inputs.ts';
import { nameOf } from '../members.ts';
import { writeNewFile } from '../new-file.ts';
import { resolveTransaction } from '../resolve-id.ts';
import { measures } from './measured-values.ts';
import { requireText, textField, transactionOf } from './records.ts';
import { type SheetLine, sheet } from './sheet.ts';

/** `--to` names a file on the machine of the node: an edge for programs must not offer it. */
export const print = defineAction({
  name: 'print',
  summary: 'a prescription or result as plain text to hand out',
  usage: 'print <id> [--to <file>]',
  example: 'print 3f2a91 --to prescription.txt',
  who: 'member',
  input: z.strictObject({ id: idText, to: line(4_096).optional() }),
  positional: ['id'],
  questions: [{ input: 'id', label: 'Prescription or result', kind: 'text' }],
  signs: false,
  async run({ id, to }, context) {
    const resolved = await resolveTransaction(id, context);
    if (!resolved.ok) return resolved;
    const transaction = transactionOf(resolved.result, context);
    const sealed = transaction && sealedOf(transaction);
    if (!transaction || !sealed) return failure('not-printable');
    const record = await requireText(sealed, context);
    if (!record.ok) return record;
    const text = sheetOf(transaction, record.result, context);
    if (to !== undefined) await writeNewFile(to, (file) => file.appendFile(text));
    return done({ transactionId: transaction.id, text, file: to ?? null });
  },
});

function sealedOf({ body }: Transaction) {
  if (body.kind === 'PRESCRIPTION') return body.records.prescription;
  return body.kind === 'LAB_TEST_RESULT' ? body.records.result : undefined;
}

function sheetOf(transaction: Transaction, text: RecordText, { carechain }: ActionContext): string {
  const { node } = carechain;
  const { id, body } = transaction;
  const isPrescription = body.kind === 'PRESCRIPTION';
  const author = readMember(node.state, body.author);
  const where = node.find(id)!.where;
  const confirmations = confirmationsOf(node, where);
  const standing = where.state === 'confirmed' ? `in block #${where.height}, ${confirmations} deep` : where.state;
  return sheet(isPrescription ? 'Prescription' : (textField(text, 'test') ?? 'Test result'), author?.place ?? '', [
    [
      ['Patient', textField(text, 'patientName')],
      ['Patient id', patientOf(body, node.pendingState) ?? null],
    ],
    isPrescription ? prescriptionLines(text) : resultLines(text),
    [
      [
        isPrescription ? 'Prescribed by' : 'Performed by',
        author ? `${author.name} (${author.username})` : nameOf(node, body.author),
      ],
      ['Date', isoTime(body.time)],
      ['Ledger id', id],
      ['Standing', standing],
    ],
    [['Signature', '_'.repeat(40)]],
  ]);
}

function prescriptionLines(text: RecordText): SheetLine[] {
  return [
    ['Medication', textField(text, 'medication')],
    ['Dosage', textField(text, 'dosage')],
    ['Frequency', textField(text, 'frequency')],
    ['Duration', textField(text, 'duration')],
  ];
}

function resultLines({ results }: RecordText): SheetLine[] {
  const values = (typeof results === 'object' && results !== null ? results : {}) as RecordText;
  return measures.map(({ name, unit, usual }) => {
    const measured = values[name] as RecordText | undefined;
    const value = textField(measured ?? null, 'value');
    const shown = value === null ? null : `${value} ${textField(measured ?? null, 'unit') ?? unit}`;
    return [name, shown === null ? null : `${shown.padEnd(20)}usual ${usual[0]} to ${usual[1]}`];
  });
}
