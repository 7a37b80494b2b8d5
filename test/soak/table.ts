/** A soak as a person reads it, and as one line for programs. */
import Table from 'cli-table3';
import { quantile } from '../support/quantile.ts';
import { roles } from './founding.ts';
import type { Judged } from './judgement.ts';
import type { Sample } from './samples.ts';
import type { SoakReport } from './soak.ts';

const inMegabytes = new Set(['heap', 'buffers', 'anonymous memory', 'of it native', 'of it V8 pages', 'log']);

export function tableOf(report: SoakReport): string {
  const table = new Table({
    head: ['node', 'figure', 'from', 'to', 'an hour', '99 of 100 from', 'to', 'verdict'],
    style: { head: [], border: [] },
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
  });
  for (const judged of report.judged) table.push(rowOf(judged));
  const { visits, acknowledged, lost, height, struck, agree, measuredMinutes } = report;
  const { askedPerSecond, acknowledgedPerSecond } = report;
  const disturbed = Object.entries(struck).map(([kind, times]) => `${kind} ${times}`);
  return [
    table.toString(),
    `${measuredMinutes} minutes measured; ${visits} visits, ${acknowledged} transactions acknowledged (${acknowledgedPerSecond.toFixed(1)} a second, ${askedPerSecond} asked), ${lost} lost; height ${height}; ${agree ? 'all nodes agree' : 'the nodes DISAGREE'}`,
    `struck: ${disturbed.join(', ')}`,
    ...roles.map((role) => diskLine(role, report)),
  ].join('\n');
}

export function figuresOf({ samples, ...report }: SoakReport): Record<string, unknown> {
  const disk = Object.fromEntries(roles.map((role) => [role, diskOf(samples.filter((each) => each.role === role))]));
  const slowest = (read: (sample: Sample) => number) => Math.round(quantile(samples.map(read), 0.99) ?? 0);
  return {
    ...report,
    samples: samples.length,
    disk,
    statusP99Ms: slowest(({ statusMs }) => statusMs),
    loopDelayP99Ms: slowest(({ loopDelayMs }) => loopDelayMs),
  };
}

function rowOf({ role, figure, from, to, slope, verdict }: Judged): string[] {
  const show = (value: number | undefined) => {
    if (value === undefined) return '';
    return inMegabytes.has(figure) ? `${(value / 1_000_000).toFixed(2)} MB` : value.toFixed(1);
  };
  return [role, figure, show(from), show(to), show(slope?.perHour), show(slope?.low), show(slope?.high), verdict];
}

function diskLine(role: Sample['role'], { samples }: SoakReport): string {
  const disk = diskOf(samples.filter((each) => each.role === role));
  return `${role}: ${disk.files} ledger files, ${disk.megabytes} MB, ${disk.bytesPerTransaction} bytes for each further transaction`;
}

/** What the ledger takes on the disk, and what each transaction of the soak added. */
function diskOf(samples: readonly Sample[]) {
  const first = samples[0];
  const last = samples.at(-1);
  if (!first || !last) return { files: 0, megabytes: 0, bytesPerTransaction: 0 };
  const added = last.transactions - first.transactions;
  return {
    files: last.ledgerFiles,
    megabytes: Math.round(last.ledgerBytes / 1_000_000),
    bytesPerTransaction: added === 0 ? 0 : Math.round((last.ledgerBytes - first.ledgerBytes) / added),
  };
}
