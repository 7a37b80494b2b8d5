/** A prescription or a result as plain text of 80 columns, to hand out. */
import { escapeControls } from '../../base/index.ts';

const columns = 80;
const labelColumns = 16;

export type SheetLine = readonly [label: string, value: string | null];

export function sheet(title: string, place: string, groups: readonly (readonly SheetLine[])[]): string {
  const head = [clean(title).toUpperCase(), ...wrap(clean(place), columns)];
  const body = groups.flatMap((group) => ['-'.repeat(columns), ...group.flatMap(lines)]);
  return `${['='.repeat(columns), ...head, ...body, '='.repeat(columns)].join('\n')}\n`;
}

function lines([label, value]: SheetLine): string[] {
  const wrapped = wrap(clean(value ?? 'unknown'), columns - labelColumns);
  return wrapped.map((text, index) => `${(index === 0 ? label : '').padEnd(labelColumns)}${text}`.trimEnd());
}

/** What a sheet shows was typed by others: nothing in it may move a cursor or turn a line around. */
function clean(text: string): string {
  return escapeControls(text);
}

/** Lines of at most `width` characters, broken at blanks where there are any. */
function wrap(text: string, width: number): string[] {
  const wrapped: string[] = [];
  let current = '';
  for (const word of text.split(' ')) {
    let rest = word;
    if (current !== '' && current.length + 1 + rest.length > width) {
      wrapped.push(current);
      current = '';
    }
    for (; rest.length > width; rest = rest.slice(width)) wrapped.push(rest.slice(0, width));
    current = current === '' ? rest : `${current} ${rest}`;
  }
  return [...wrapped, current];
}
