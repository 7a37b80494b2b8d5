/** What the runs of a question come to, as a person reads it and as programs do. */
import Table from 'cli-table3';
import { quantile } from '../test/support/quantile.ts';
import type { Bound, Figures, Form, Question } from './question.ts';

export interface Measured {
  readonly figure: string;
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** What is asked of the median; null where nothing is. */
  readonly bound: Bound | null;
  readonly isMet: boolean;
}

export interface Answer {
  readonly question: string;
  readonly runs: readonly Figures[];
  readonly measured: readonly Measured[];
}

export function answerOf({ name, targets }: Question, runs: readonly Figures[], { isQuick }: Form): Answer {
  const figures = Object.keys(runs[0] ?? {});
  const measured = figures.map((figure): Measured => {
    const values = runs.map((run) => run[figure]!);
    const target = targets.find((each) => each.figure === figure);
    const bound = (isQuick ? target?.quickly : target) ?? null;
    const median = quantile(values, 0.5)!;
    const isMet = median >= (bound?.atLeast ?? -Infinity) && median <= (bound?.atMost ?? Infinity);
    return { figure, median, least: Math.min(...values), most: Math.max(...values), bound, isMet };
  });
  return { question: name, runs, measured };
}

export function missedTargets(answers: readonly Answer[]): string[] {
  return answers.flatMap(({ question, measured }) =>
    measured
      .filter(({ isMet }) => !isMet)
      .map(
        ({ figure, median, bound }) => `${question}: ${inWords(figure)} ${show(median)}, asked: ${showBound(bound)}`,
      ),
  );
}

export function tableOf(answers: readonly Answer[]): string {
  const table = new Table({
    head: ['question', 'figure', 'median', 'from', 'to', 'asked', ''],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const { question, measured } of answers) {
    for (const { figure, median, least, most, bound, isMet } of measured) {
      const verdict = bound === null ? '' : isMet ? '✓ met' : '✗ missed';
      table.push([question, inWords(figure), show(median), show(least), show(most), showBound(bound), verdict]);
    }
  }
  return table.toString();
}

function showBound(bound: Bound | null): string {
  if (bound?.atLeast !== undefined) return `≥ ${show(bound.atLeast)}`;
  return bound?.atMost === undefined ? '' : `≤ ${show(bound.atMost)}`;
}

/** Three digits that count, and thousands apart. */
function show(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 100 ? 2 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

/** `verifiesPerSecond` as `verifies per second`, and `with1000StartMs` as `with 1,000 start ms`. */
function inWords(figure: string): string {
  const spaced = figure.replace(/[A-Z][a-z0-9]*/g, (word) => ` ${word.toLowerCase()}`);
  return spaced.replace(/\d{4,}/, (count) => ` ${Number(count).toLocaleString('en')}`);
}
