import { expect, test } from 'vitest';
import { measuredValue } from '../../src/actions/care/measured-values.ts';
import { measures, parseDecimal } from '../../src/actions/index.ts';

test.each([
  ['13.9', '13.9'],
  ['13,9', '13.9'],
  [' 13,90 ', '13.9'],
  ['013.9', '13.9'],
  ['6200', '6200'],
  ['6200.0', '6200'],
  ['0', '0'],
  ['0,5', '0.5'],
])('%j is %s', (typed, value) => {
  expect(parseDecimal(typed)).toBe(value);
});

test.each([
  '',
  ' ',
  'abc',
  '13.9x',
  '13.9 g/dL',
  '1e3',
  '-1',
  '+1',
  '.5',
  '5.',
  '1,2,3',
  '1.2.3',
  '0x10',
  'NaN',
  'Infinity',
  '٣',
  '1'.repeat(10),
])('%j is no value', (typed) => {
  expect(parseDecimal(typed)).toBeNull();
});

test.each([
  ['hemoglobin', '139', '12 to 17.5 g/dL'],
  ['hemoglobin', '0.9', '12 to 17.5 g/dL'],
  ['wbc', '6,2', '4000 to 11000 /µL'],
  ['platelets', '250', '150000 to 450000 /µL'],
  ['platelets', 'many', '150000 to 450000 /µL'],
])('%s of %s is refused in a sentence with the usual range', (input, typed, usual) => {
  const measure = measures.find((candidate) => candidate.input === input)!;
  const message = measuredValue(measure).safeParse(typed).error!.issues[0]!.message;
  expect(message).toContain(measure.name);
  expect(message).toContain(usual);
});

test('numbers of a program are taken as their digits', () => {
  expect(measuredValue(measures[0]!).parse(13.9)).toBe('13.9');
});
