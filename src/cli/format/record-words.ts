/** The clear text of a record as label and value. Whoever sealed it may have run another program, so whatever shape it has is shown. */
import { measures } from '../../actions/index.ts';

const labels: Readonly<Record<string, string>> = {
  patientName: 'patient',
  basedOnTestBy: 'after the test by',
  dispensedBy: 'dispensed by',
};

/** Records come with their fields in the order of their encoding; these are read in the order of care. */
const order = ['name', 'born', 'notes', 'test', 'results', 'medication', 'dosage', 'frequency', 'duration'];

export function recordRows(
  text: Readonly<Record<string, unknown>>,
  hidden: readonly string[] = [],
): [string, string][] {
  return Object.entries(text)
    .filter(([field, value]) => value !== null && !hidden.includes(field))
    .sort(([left], [right]) => rank(left) - rank(right))
    .flatMap(([field, value]): [string, string][] =>
      field === 'results' && isMap(value) ? resultRows(value) : [[labels[field] ?? field, valueWords(value)]],
    );
}

/** One row a measure, with what is usual. */
function resultRows(results: Readonly<Record<string, unknown>>): [string, string][] {
  const known = measures.filter(({ name }) => Object.hasOwn(results, name));
  const others = Object.keys(results).filter((name) => !known.some((measure) => measure.name === name));
  return [
    ...known.map(({ name, unit, usual }): [string, string] => [
      name,
      `${valueWords(results[name])} · usual ${usual[0].toLocaleString('en')} to ${usual[1].toLocaleString('en')} ${unit}`,
    ]),
    ...others.map((name): [string, string] => [name, valueWords(results[name])]),
  ];
}

export function valueWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '–';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  if (!isMap(value)) return String(value);
  const { value: measured, unit, ...others } = value;
  const isMeasured = typeof measured === 'string' && Object.keys(others).length === 0;
  if (isMeasured) return `${measured} ${valueWords(unit ?? '')}`.trim();
  return Object.entries(value)
    .map(([name, part]) => `${name} ${valueWords(part)}`)
    .join(' · ');
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function rank(field: string): number {
  const at = order.indexOf(field);
  return at === -1 ? order.length : at;
}
