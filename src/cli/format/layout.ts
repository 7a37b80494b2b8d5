/** Tables, pairs and wrapped text within the columns of a screen. */
import Table from 'cli-table3';
import { escapeControls } from '../../base/index.ts';
import type { Line } from '../printer.ts';

export const screenColumns = 80;

const noBorder = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

export type Cell = string | number;

/** Rows under a heading. A cell is cut at `most` characters of its column, so that the whole fits the screen. */
export function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  { right = [], most = {} }: { right?: readonly number[]; most?: Readonly<Record<number, number>> } = {},
): Line[] {
  if (rows.length === 0) return [];
  const drawn = new Table({
    // Its own colours come even where none are wanted; the printer colours.
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    chars: noBorder,
    colAligns: head.map((_, column) => (right.includes(column) ? 'right' : 'left')),
  });
  drawn.push([...head], ...rows.map((row) => row.map((cell, column) => cut(cell, most[column] ?? 40))));
  const lines = drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  const [heading = '', ...body] = lines;
  return [{ text: heading, tone: 'heading' }, ...body];
}

/** What was typed by others may be a label too. */
const longestLabel = 24;

/** `label  value` lines, the values under one another; what is too long goes on below. */
export function pairs(rows: readonly (readonly [label: string, value: string])[], indent = 0): Line[] {
  const width = Math.min(longestLabel, Math.max(0, ...rows.map(([label]) => label.length)));
  return rows.flatMap(([label, value]) => {
    const [first = '', ...more] = wrap(value, screenColumns - indent - width - 2);
    const margin = ' '.repeat(indent);
    return [
      `${margin}${cut(label, width).padEnd(width)}  ${first}`.trimEnd(),
      ...more.map((line) => `${margin}${' '.repeat(width)}  ${line}`),
    ];
  });
}

/** Text in lines of at most `columns`, broken at blanks where there are any. Line feeds are kept. */
export function wrap(text: string, columns: number = screenColumns): string[] {
  return text.split('\n').flatMap((paragraph) => wrapParagraph(escapeControls(paragraph), Math.max(8, columns)));
}

export function paragraph(text: string, margin = ''): string[] {
  return wrap(text, screenColumns - margin.length).map((line) => `${margin}${line}`.trimEnd());
}

function wrapParagraph(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = '';
    }
    const pieces = piecesOf(word, columns);
    lines.push(...pieces.slice(0, -1));
    const last = pieces.at(-1)!;
    line = line === '' ? last : `${line} ${last}`;
  }
  return [...lines, line];
}

/** A word in pieces of at most `columns`; no character is taken apart. */
function piecesOf(word: string, columns: number): string[] {
  if (word.length <= columns) return [word];
  const pieces: string[] = [];
  let piece = '';
  for (const character of word) {
    if (piece.length + character.length > columns) {
      pieces.push(piece);
      piece = '';
    }
    piece += character;
  }
  return [...pieces, piece];
}

function cut(cell: Cell, most: number): string {
  const text = escapeControls(String(cell));
  return text.length > most ? `${piecesOf(text, Math.max(1, most - 1))[0]}…` : text;
}
