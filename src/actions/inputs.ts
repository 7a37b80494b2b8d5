/** The types of inputs: what people and programs type becomes a value, or a sentence that says what was expected. */
import { z } from 'zod';
import { isPrintable, limits, utf8ToBytes } from '../base/index.ts';

/** Controls that no text of a person needs: they move cursors and colour screens. Line feed and tab are left. */
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/u;

const text = z.string('Give a text.').refine((typed) => typed.isWellFormed(), 'Give a well-formed text.');

/** One line, trimmed and in normalization form C, of 1 to `mostBytes` bytes. */
export function line(mostBytes: number = limits.nameBytes) {
  return text
    .transform((typed) => typed.normalize('NFC').trim())
    .refine(isPrintable, 'Give plain text: control characters and escapes are not taken.')
    .refine((typed) => typed.length > 0 && utf8ToBytes(typed).length <= mostBytes, `Give 1 to ${mostBytes} bytes.`);
}

/** Text of several lines, such as notes. How long it may be, the record that it is sealed in decides. */
export const longText = text
  .transform((typed) => typed.normalize('NFC').replaceAll('\r\n', '\n').trim())
  .refine((typed) => typed.length > 0, 'Give a text.')
  .refine((typed) => !controls.test(typed), 'Give plain text: control characters and escapes are not taken.');

/** An id, its beginning, or a number from the last list: {@link resolve-id.ts} says whose. */
export const idText = line(100);

const numberLike = z.union([z.string(), z.number()], 'Give a number.').transform((typed) => String(typed).trim());

/** A whole number from `min` to `max`, as a number or as its digits. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER) {
  const complaint =
    max === Number.MAX_SAFE_INTEGER ? `Give a whole number from ${min}.` : `Give a whole number from ${min} to ${max}.`;
  return numberLike
    .refine((digits) => /^\d{1,16}$/.test(digits) && Number(digits) >= min && Number(digits) <= max, complaint)
    .transform(Number);
}

/** The answers that mean no; a bare `--yes` arrives as true or as an empty text. */
const answers: Readonly<Record<string, boolean>> = {
  '': true,
  true: true,
  yes: true,
  y: true,
  false: false,
  no: false,
  n: false,
};

/** A flag: absent is no. */
export const flag = z
  .union([z.boolean(), z.string()], 'Give yes or no.')
  .optional()
  .transform((typed) => (typeof typed === 'string' ? answers[typed.trim().toLowerCase()] : (typed ?? false)))
  .refine((typed) => typed !== undefined, 'Give yes or no.');

/** A day of the calendar, as 1980-02-29. */
export const day = line(20).refine(isDay, 'Give a day of the calendar as year-month-day, such as 1980-02-29.');

function isDay(typed: string): boolean {
  if (!/^(18|19|20)\d\d-\d\d-\d\d$/.test(typed)) return false;
  const time = new Date(`${typed}T00:00:00.000Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(typed);
}

/** Where a page of a long list begins and how long it is. */
export const page = {
  from: wholeNumber(0).optional(),
  count: wholeNumber(1, limits.chainPage).optional(),
};

export interface Page<Value> {
  readonly rows: readonly Value[];
  /** What `--from` is on the next page; null on the last. */
  readonly next: number | null;
}

export function pageOf<Value>(
  all: readonly Value[],
  input: { from?: number | undefined; count?: number | undefined },
): Page<Value> {
  const from = input.from ?? 0;
  const end = from + (input.count ?? limits.chainPage);
  return { rows: all.slice(from, end), next: end < all.length ? end : null };
}

/** What a terminal says against an answer before the whole is sent: the same sentence that the action would give. */
export function objectionOf(schema: z.ZodType): (answer: string) => string | null {
  return (answer) => schema.safeParse(answer).error?.issues[0]?.message ?? null;
}
