/**
 * What a blood test measures. A value is a decimal string from the first key stroke on: floating point would show a
 * doctor digits that nobody measured.
 */
import { z } from 'zod';

export const bloodTest = 'Blood Test';

export interface Measure {
  /** The input of `perform_test`. */
  readonly input: 'hemoglobin' | 'wbc' | 'platelets';
  /** As in the record. */
  readonly name: string;
  readonly unit: string;
  /** Outside of these bounds it is a slip of the keyboard or the wrong unit. */
  readonly plausible: readonly [number, number];
  /** Of a healthy grown-up. */
  readonly usual: readonly [number, number];
}

export const measures: readonly Measure[] = [
  { input: 'hemoglobin', name: 'Hemoglobin', unit: 'g/dL', plausible: [1, 30], usual: [12, 17.5] },
  { input: 'wbc', name: 'WBC Count', unit: '/µL', plausible: [100, 500_000], usual: [4_000, 11_000] },
  { input: 'platelets', name: 'Platelets', unit: '/µL', plausible: [1_000, 3_000_000], usual: [150_000, 450_000] },
];

/** The canonical decimal string of `13,9`, `013.90` or `13.9`; null for what is no such number. */
export function parseDecimal(typed: string): string | null {
  const match = /^(\d{1,9})(?:[.,](\d{1,6}))?$/.exec(typed.trim());
  if (!match) return null;
  const whole = match[1]!.replace(/^0+(?=\d)/, '');
  const fraction = (match[2] ?? '').replace(/0+$/, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** The input of a measure: its canonical decimal string. */
export function measuredValue({ name, unit, plausible, usual }: Measure) {
  const [least, most] = plausible;
  const usually = `usual is ${usual[0]} to ${usual[1]} ${unit}`;
  return z
    .union([z.string(), z.number()], `Give ${name} as a number in ${unit}; ${usually}.`)
    .transform((typed) => parseDecimal(String(typed)))
    .refine((value) => value !== null, `Give ${name} as a plain number in ${unit}, such as ${usual[0]}; ${usually}.`)
    .refine(
      // Where it is no number, the sentence above has said so.
      (value) => value === null || (Number(value) >= least && Number(value) <= most),
      `This ${name} is not plausible: expected ${least} to ${most} ${unit}; ${usually}.`,
    )
    .transform((value) => value ?? '');
}

export function unitLabel({ unit, usual }: Measure): string {
  return `${unit}, usual ${usual[0]} to ${usual[1]}`;
}
