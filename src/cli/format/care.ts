/** What doctors, laboratories and pharmacies did, answered in sentences. */
import { type Formatter, formatterOf, good, more, remark, warning } from './formatter.ts';
import { table } from './layout.ts';
import { count, money, short, who } from './plain-words.ts';
import { whyWords } from './standing.ts';

interface Signed {
  readonly transactionId: string;
  /** What it waits for, where it is not a block. */
  readonly message?: string | null;
  readonly warning?: string | null;
}

function signed({ transactionId, message, warning: told }: Signed) {
  const standing = message ? 'kept, and waiting for what it refers to' : 'waiting for a block';
  const waits = message ? warning(message) : [];
  return [remark(`transaction ${short(transactionId)} · ${standing}`), ...waits, ...(told ? warning(told) : [])];
}

type Payment =
  | { readonly transactionId: string; readonly amount: number; readonly to: string }
  | { readonly skipped: string };

const skippedWords: Readonly<Record<string, string>> = {
  'insufficient-funds': '(Payment skipped due to insufficient funds)',
  'no-lab-result': '(Could not identify lab user for payment)',
  'free-of-charge': '(Reading the report is free of charge)',
};

function paymentWords(payment: Payment): string {
  if (!('skipped' in payment))
    return `Paid ${money(payment.amount)} to ${payment.to} (${short(payment.transactionId)})`;
  return skippedWords[payment.skipped] ?? `(Payment skipped: ${whyWords(payment.skipped)})`;
}

interface FoundPatient {
  readonly number: number;
  readonly patientId: string;
  readonly name: string;
  readonly registered: boolean;
  readonly registeredBy: string | null;
}

export const careFormatters: Readonly<Record<string, Formatter>> = {
  register: formatterOf<Signed & { patientId: string }>((result) => [
    ...good(`Patient registered, and active now: ${result.patientId}`),
    ...signed(result),
  ]),
  set_patient: formatterOf<{ patientId: string; name?: string | null }>(({ patientId, name }) =>
    good(`Active patient: ${name ? `${name} · ` : ''}${patientId}`),
  ),
  consult: formatterOf<Signed & { orderId: string | null }>((result) => [
    ...good(result.orderId === null ? 'Consultation noted.' : 'Consultation noted, blood test ordered.'),
    ...signed(result),
  ]),
  perform_test: formatterOf<Signed>((result) => [...good('Test result signed.'), ...signed(result)]),
  prescribe: formatterOf<Signed & { payment: Payment }>((result) => [
    ...good('Prescription signed.'),
    remark(paymentWords(result.payment)),
    ...signed(result),
  ]),
  fill: formatterOf<Signed>((result) => [...good('Prescription dispensed.'), ...signed(result)]),
  void: formatterOf<Signed>((result) => [...good('Prescription withdrawn.'), ...signed(result)]),
  transfer: formatterOf<Signed>((result) => [...good('Transfer signed.'), ...signed(result)]),
  print: formatterOf<{ text: string; file: string | null }>(({ text, file }) =>
    file === null ? text.replace(/\n$/, '').split('\n') : good(`Written to ${file}`),
  ),
  find: formatterOf<{ patients: readonly FoundPatient[]; next: number | null }>(({ patients, next }) => {
    if (patients.length === 0) return ['No patient of this name, as far as you may read.'];
    const rows = patients.map(({ number, patientId, name, registered, registeredBy }) => [
      number,
      name,
      patientId,
      registered ? who(registeredBy ?? '–') : 'not on the ledger',
    ]);
    return [
      ...table(['#', 'name', 'patient', 'registered by'], rows, { right: [0], most: { 1: 20, 3: 16 } }),
      remark(`${count(patients.length, 'patient')}; \`set_patient <number>\` makes one active.`),
      ...more('find …', next),
    ];
  }),
};
