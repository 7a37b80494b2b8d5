/** The clear text of a record as label and value. Whoever sealed it may have run another program, so whatever shape it has is shown. */
const labels: Readonly<Record<string, string>> = {
  patientName: 'patient',
  basedOnTestBy: 'after the test by',
  dispensedBy: 'dispensed by',
};

export function recordRows(
  text: Readonly<Record<string, unknown>>,
  hidden: readonly string[] = [],
): [string, string][] {
  return Object.entries(text)
    .filter(([field, value]) => value !== null && !hidden.includes(field))
    .map(([field, value]) => [labels[field] ?? field, valueWords(value)]);
}

export function valueWords(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '–';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(valueWords).join(', ');
  if (typeof value !== 'object') return String(value);
  const { value: measured, unit, ...others } = value as { value?: unknown; unit?: unknown };
  if (typeof measured === 'string' && Object.keys(others).length === 0)
    return `${measured} ${valueWords(unit ?? '')}`.trim();
  return Object.entries(value)
    .map(([name, part]) => `${name} ${valueWords(part)}`)
    .join(' · ');
}
