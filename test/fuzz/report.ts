/** The figures of a run as a table, and added up. */
import type { FuzzFigures } from './run-target.ts';

const columns: readonly [title: string, width: number, cell: (figures: FuzzFigures) => string][] = [
  ['inputs', 9, ({ inputs }) => String(inputs)],
  ['accepted', 9, ({ accepted }) => String(accepted)],
  ['uncaught', 9, ({ faults }) => String(faults.uncaught)],
  ['too slow', 9, ({ faults }) => String(faults.slow)],
  ['not canonical', 14, ({ faults }) => String(faults['not-canonical'])],
  ['other', 6, ({ faults }) => String(faults['broken-promise'] + faults.polluted + faults.memory)],
  ['most ms', 8, ({ mostMs }) => mostMs.toFixed(1)],
  ['of bytes', 9, ({ mostMsBytes }) => String(mostMsBytes)],
  ['heap MB', 8, ({ heapMostMegabytes }) => heapMostMegabytes.toFixed(0)],
  ['kept MB', 8, ({ heapKeptMegabytes }) => heapKeptMegabytes.toFixed(1)],
  ['s', 5, ({ seconds }) => seconds.toFixed(0)],
];

export function tableOf(figures: readonly FuzzFigures[]): string {
  const titles = 'decoder'.padEnd(22) + columns.map(([title, width]) => title.padStart(width)).join('');
  const lines = figures.map(
    (one) => one.decoder.padEnd(22) + columns.map(([, width, cell]) => cell(one).padStart(width)).join(''),
  );
  return [titles, ...lines].join('\n');
}

export function totalsOf(figures: readonly FuzzFigures[]) {
  const sum = (part: (figures: FuzzFigures) => number) => figures.reduce((total, one) => total + part(one), 0);
  const most = (part: (figures: FuzzFigures) => number) => Math.max(...figures.map(part));
  return {
    decoders: figures.length,
    inputs: sum(({ inputs }) => inputs),
    accepted: sum(({ accepted }) => accepted),
    uncaught: sum(({ faults }) => faults.uncaught),
    tooSlow: sum(({ faults }) => faults.slow),
    notCanonical: sum(({ faults }) => faults['not-canonical']),
    findings: sum(({ findings }) => findings.length),
    mostMs: Number(most(({ mostMs }) => mostMs).toFixed(1)),
    heapMostMegabytes: Math.round(most(({ heapMostMegabytes }) => heapMostMegabytes)),
    heapKeptMegabytes: Number(most(({ heapKeptMegabytes }) => heapKeptMegabytes).toFixed(1)),
  };
}
