/** What is wrong with a soak, in sentences. None where it held. */
import type { Judged } from './judgement.ts';
import type { SoakReport } from './soak.ts';

export function complaintsOf(report: SoakReport): string[] {
  return [...complaintsOfWork(report), ...report.judged.filter(isGrowing).map(tellGrowth), ...tooShort(report)];
}

/** Those that do not rest on a slope. */
export function complaintsOfWork({ lost, agree, struck, acknowledged, givenUp, errors }: SoakReport): string[] {
  const complaints: string[] = [];
  if (acknowledged === 0) complaints.push('Nothing was acknowledged: nobody worked.');
  if (lost > 0) complaints.push(`${lost} of ${acknowledged} acknowledged transactions are not in the chain.`);
  if (givenUp > 0) complaints.push(`${givenUp} tasks were given up after many tries.`);
  if (!agree) complaints.push('The nodes do not agree at the end.');
  for (const [error, times] of Object.entries(errors)) complaints.push(`Nodes told of ${error} ${times} times.`);
  for (const [kind, times] of Object.entries(struck)) {
    if (times === 0) complaints.push(`No ${kind} struck: nothing is proved against it.`);
  }
  return complaints;
}

function tooShort({ judged }: SoakReport): string[] {
  return judged.some(({ verdict }) => verdict !== 'too-short') ? [] : ['It was too short to tell of any slope.'];
}

function isGrowing({ verdict }: Judged): boolean {
  return verdict === 'growing';
}

function tellGrowth({ role, figure, from, to, slope }: Judged): string {
  return `${role}: ${figure} grows, from ${from} to ${to}: ${slope!.perHour} an hour, at least ${slope!.low}.`;
}
