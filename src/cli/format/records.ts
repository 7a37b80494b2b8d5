/** The lists of care: a patient's history, and what waits for a role. */
import type { Line } from '../printer.ts';
import { type Formatter, formatterOf, more, remark } from './formatter.ts';
import { pairs } from './layout.ts';
import { kindWord, localTime, short, who } from './plain-words.ts';
import { recordRows } from './record-words.ts';
import { type Standing, standingWords } from './standing.ts';

type ReadingState = 'readable' | 'sealed' | 'on-its-way';

interface Reading {
  readonly state: ReadingState;
  readonly text: Readonly<Record<string, unknown>> | null;
  readonly readers?: readonly string[];
}

interface HistoryEvent extends Standing, Reading {
  readonly id: string;
  readonly kind: string;
  readonly time: string;
  readonly author: string;
}

interface Task extends Partial<Standing>, Partial<Reading> {
  readonly number: number;
  readonly id: string;
  readonly kind: string | null;
  readonly author: string | null;
  readonly time: string | null;
  readonly patientId?: string | null;
  readonly patientName?: string | null;
}

const taskWords: Readonly<Record<string, string>> = {
  DOCTOR_CONSULTATION: 'test ordered',
  LAB_TEST_RESULT: 'new result',
  PRESCRIPTION: 'prescription',
};

/** What the records say; or why they say nothing to this user. */
function reading({ state, text, readers = [] }: Partial<Reading>): Line[] {
  if (state === 'readable' && text) return pairs(recordRows(text, ['patientName']), 4);
  if (state === 'on-its-way') return [{ text: '    (text on its way)', tone: 'faint' }];
  if (state === 'sealed')
    return [{ text: `    (sealed, for ${readers.map(who).join(', ') || 'others'})`, tone: 'faint' }];
  return [];
}

export const recordFormatters: Readonly<Record<string, Formatter>> = {
  history: formatterOf<{
    patientId: string;
    name?: string | null;
    events: readonly HistoryEvent[];
    next?: number | null;
  }>(({ patientId, name, events, next = null }) => [
    { text: name ? `${name} · ${patientId}` : `Patient ${patientId}`, tone: 'heading' },
    ...(events.length === 0 ? ['Nothing yet.'] : []),
    ...events.flatMap((event): Line[] => [
      `${localTime(event.time)}  ${kindWord(event.kind)} by ${who(event.author)} · ${short(event.id)}`,
      ...reading(event),
      { text: `    ${standingWords(event)}`, tone: 'faint' },
    ]),
    ...more('history', next),
  ]),
  todo: formatterOf<{ tasks: readonly Task[]; next: number | null }>(({ tasks, next }) => [
    ...(tasks.length === 0 ? ['✓ Nothing waits for you.'] : []),
    ...tasks.flatMap((task): Line[] => [
      `${String(task.number).padStart(3)}  ${task.patientName ?? short(task.patientId ?? '–')} · ${taskWords[task.kind ?? ''] ?? 'unknown'}`,
      ...reading(task),
      remark(`  ${task.author ? `by ${who(task.author)} · ` : ''}${localTime(task.time)} · ${short(task.id)}`),
      ...(task.where ? [remark(`  ${standingWords(task as Standing)}`)] : []),
    ]),
    ...more('todo', next),
  ]),
};
