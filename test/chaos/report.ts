/** What a run did and found: a row for each class of faults, a table for people, one JSON line for programs. */
import { quantile } from '../support/quantile.ts';

export interface Row {
  readonly class: string;
  /** Faults that struck. */
  injected: number;
  duringRecovery: number;
  acknowledged: number;
  /** Acknowledged, and lost for a reason that the rules give. */
  conflicts: number;
  /** Records whose words were read back. */
  read: number;
  /** What only a damaged file held, is gone with it, and could not be named: nothing that is left of the folder knows of it. */
  unnamed: number;
  readonly lost: string[];
  readonly duplicates: string[];
  /** Everything else that is not as it should be. */
  readonly wrong: string[];
  readonly restartsMs: number[];
  readonly healsMs: number[];
  /** What a person may want to know besides. */
  readonly notes: string[];
  /** Why nothing was done, on a machine that does not allow it. */
  skipped: string | null;
}

export interface Target {
  readonly what: string;
  readonly met: boolean;
  readonly figure: string;
}

export function newRow(name: string): Row {
  return {
    class: name,
    injected: 0,
    duringRecovery: 0,
    acknowledged: 0,
    conflicts: 0,
    read: 0,
    unnamed: 0,
    lost: [],
    duplicates: [],
    wrong: [],
    restartsMs: [],
    healsMs: [],
    notes: [],
    skipped: null,
  };
}

export function addAudit(
  row: Row,
  audit: Pick<Row, 'acknowledged' | 'conflicts' | 'read'> & {
    [List in 'lost' | 'duplicates' | 'wrong']: readonly string[];
  },
): void {
  row.acknowledged += audit.acknowledged;
  row.conflicts += audit.conflicts;
  row.read += audit.read;
  row.lost.push(...audit.lost);
  row.duplicates.push(...audit.duplicates);
  row.wrong.push(...audit.wrong);
}

const seconds = (ms: number | null) => (ms === null ? '-' : (ms / 1_000).toFixed(2));
const columns = [
  'class',
  'injected',
  'in recovery',
  'acknowledged',
  'conflicts',
  'texts read',
  'unnamed',
  'lost',
  'duplicates',
  'wrong',
] as const;
const timeColumns = ['restart p50', 'p95', 'max s', 'heal p50', 'max s'] as const;

export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) =>
    row.skipped !== null
      ? [row.class, 'skipped']
      : [
          row.class,
          ...[row.injected, row.duringRecovery, row.acknowledged, row.conflicts, row.read, row.unnamed].map(String),
          ...[row.lost, row.duplicates, row.wrong].map(({ length }) => String(length)),
          ...[0.5, 0.95, 1].map((share) => seconds(quantile(row.restartsMs, share))),
          ...[0.5, 1].map((share) => seconds(quantile(row.healsMs, share))),
        ],
  );
  const head: readonly string[] = [...columns, ...timeColumns];
  const widths = head.map((title, index) => Math.max(title.length, ...cells.map((row) => (row[index] ?? '').length)));
  const line = (row: readonly string[]) =>
    row.map((cell, index) => (index === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[index]!))).join('  ');
  return [line(head), ...cells.map(line)].join('\n');
}

/** One sentence for each thing that is not as it should be, a few of a kind. */
export function findings(rows: readonly Row[]): string[] {
  return rows.flatMap((row) => [
    ...(row.skipped === null ? [] : [`${row.class}: skipped, because ${row.skipped}`]),
    ...row.notes.map((note) => `${row.class}: ${note}`),
    ...few(row.lost).map((what) => `${row.class}: LOST ${what}`),
    ...few(row.duplicates).map((what) => `${row.class}: TWICE ${what}`),
    ...few(row.wrong).map((what) => `${row.class}: WRONG ${what}`),
  ]);
}

function few(list: readonly string[]): string[] {
  const most = 20;
  return list.length <= most ? [...list] : [...list.slice(0, most), `and ${list.length - most} more`];
}

/** What every run promises, and what only the whole run has the numbers for. */
export function targets(rows: readonly Row[], isFull: boolean): Target[] {
  const ran = rows.filter(({ skipped }) => skipped === null);
  const skipped = rows.filter((row) => row.skipped !== null).map((row) => row.class);
  const idle = ran.filter(({ injected }) => injected === 0).map((row) => row.class);
  const unpromised = ran.filter(({ acknowledged }) => acknowledged === 0).map((row) => row.class);
  const count = (list: 'lost' | 'duplicates' | 'wrong') => rows.reduce((sum, row) => sum + row[list].length, 0);
  const found: Target[] = [
    {
      what: 'every class struck that this machine allows',
      met: ran.length > 0 && idle.length === 0,
      figure: idle.join(', ') || (skipped.length > 0 ? `yes; skipped: ${skipped.join(', ')}` : 'yes'),
    },
    {
      what: 'in every class something was acknowledged',
      met: unpromised.length === 0,
      figure: unpromised.join(', ') || 'yes',
    },
    { what: '0 acknowledged lost', met: count('lost') === 0, figure: String(count('lost')) },
    { what: '0 duplicates', met: count('duplicates') === 0, figure: String(count('duplicates')) },
    { what: 'nothing else wrong', met: count('wrong') === 0, figure: String(count('wrong')) },
  ];
  const row = (name: string) => (isFull ? ran.find((each) => each.class === name) : undefined);
  const kill = row('kill');
  if (kill) {
    const p95 = quantile(kill.restartsMs, 0.95) ?? Number.POSITIVE_INFINITY;
    found.push({ what: 'at least 100 kills', met: kill.injected >= 100, figure: String(kill.injected) });
    found.push({ what: '10 during recovery', met: kill.duringRecovery >= 10, figure: String(kill.duringRecovery) });
    found.push({ what: 'restart p95 at most 3 s', met: p95 <= 3_000, figure: `${seconds(p95)} s` });
  }
  for (const name of ['cut', 'namespace']) {
    const cut = row(name);
    const slowest = quantile(cut?.healsMs ?? [], 1);
    if (slowest !== null)
      found.push({ what: `${name}: healed within 15 s`, met: slowest <= 15_000, figure: `${seconds(slowest)} s` });
  }
  if (isFull) {
    const unread = ran.filter(({ read }) => read === 0).map((each) => each.class);
    found.push({
      what: 'in every class records were read',
      met: unread.length === 0,
      figure: unread.join(', ') || 'yes',
    });
    // A machine that cannot do them has not shown what the whole run is there to show.
    for (const either of [['cut', 'namespace'], ['full-disk']]) {
      const asked = rows.filter((each) => either.includes(each.class));
      const done = asked.filter((each) => each.skipped === null).map((each) => each.class);
      if (asked.length > 0)
        found.push({ what: `${either.join(' or ')} ran`, met: done.length > 0, figure: done.join(', ') || 'no' });
    }
  }
  const damage = row('damage');
  if (damage)
    found.push({ what: 'at least 300 damaged files', met: damage.injected >= 300, figure: String(damage.injected) });
  return found;
}
