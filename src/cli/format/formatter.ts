/** A formatter draws the result of one command as lines for people. Programs get the result itself, as JSON. */
import type { Line } from '../printer.ts';
import { screenColumns, wrap } from './layout.ts';

export type Formatter = (result: unknown) => Line[];

/** A formatter of a result whose shape the action of that command gives. */
export function formatterOf<Result>(draw: (result: Result) => Line[]): Formatter {
  return (result) => draw(result as Result);
}

export function good(sentence: string): Line[] {
  const [first = '', ...more] = wrap(`✓ ${sentence}`, screenColumns - 2);
  return [first, ...more.map((line) => `  ${line}`)];
}

/** A faint remark below an answer. */
export function remark(text: string): Line {
  return { text: `  ${text}`, tone: 'faint' };
}

export function warning(text: string): Line[] {
  const [first = '', ...more] = wrap(`! ${text}`, screenColumns - 2);
  return [first, ...more.map((line) => `  ${line}`)].map((line) => ({ text: line, tone: 'warning' }));
}

/** Where the next page of a long list begins. */
export function more(command: string, next: number | null): Line[] {
  return next === null ? [] : [remark(`There is more: ${command} --from ${next}`)];
}
