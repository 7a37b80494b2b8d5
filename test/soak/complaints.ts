/** What is wrong with a soak, in sentences. None where it held. */
import { limits } from '../../src/base/index.ts';
import type { Judged } from './judgement.ts';
import type { SoakReport } from './soak.ts';

export function complaintsOf(report: SoakReport): string[] {
  const { judged } = report;
  // The third is restarted now and then.
  const unjudged = ['doctor', 'lab'].filter((role) => !judged.some((each) => each.role === role));
  return [
    ...complaintsOfWork(report),
    ...judged.filter(isGrowing).map(tellGrowth),
    ...judged.filter(isTooNoisy).map(tellNoise),
    ...tooSlow(report),
    ...unjudged.map((role) => `The ${role} node answered too seldom to be judged.`),
    ...tooShort(report),
  ];
}

/** A line that is written when the file is full goes into it. */
const logBytes = limits.logBytes * (1 + limits.olderLogs) * 1.01;

/** Those that do not rest on a slope. */
export function complaintsOfWork(report: SoakReport): string[] {
  const { lost, agree, struck, acknowledged, givenUp, givenUpFor, errors, shunned, mostLogBytes } = report;
  const complaints: string[] = [];
  if (acknowledged === 0) complaints.push('Nothing was acknowledged: nobody worked.');
  if (lost > 0) complaints.push(`${lost} of ${acknowledged} acknowledged transactions are not in the chain.`);
  if (givenUp > 0)
    complaints.push(`${givenUp} tasks were given up after many tries, the last refused with ${givenUpFor.join(', ')}.`);
  if (mostLogBytes > logBytes) complaints.push(`A log took ${mostLogBytes} bytes.`);
  if (!agree) complaints.push('The nodes do not agree at the end.');
  if (shunned > 0) complaints.push(`Honest nodes shunned honest ones ${shunned} times.`);
  for (const [error, times] of Object.entries(errors)) complaints.push(`Nodes told of ${error} ${times} times.`);
  for (const [kind, times] of Object.entries(struck)) {
    if (times === 0) complaints.push(`No ${kind} struck: nothing is proved against it.`);
  }
  return complaints;
}

function tooShort({ judged }: SoakReport): string[] {
  return judged.some(({ verdict }) => verdict !== 'too-short' && verdict !== 'not judged')
    ? []
    : ['It was too short to tell of any slope.'];
}

/** What is measured is a node at work: one that sleeps keeps nothing. */
const leastOfAsked = 0.8;

function tooSlow({ askedPerSecond, acknowledgedPerSecond }: SoakReport): string[] {
  if (acknowledgedPerSecond >= leastOfAsked * askedPerSecond) return [];
  return [`${acknowledgedPerSecond.toFixed(1)} transactions a second were acknowledged, and ${askedPerSecond} asked.`];
}

function isGrowing({ verdict }: Judged): boolean {
  return verdict === 'growing';
}

function tellGrowth({ role, figure, from, to, slope }: Judged): string {
  return `${role}: ${figure} grows, from ${from} to ${to}: ${slope!.perHour} an hour, at least ${slope!.low}.`;
}

function isTooNoisy({ verdict }: Judged): boolean {
  return verdict === 'too-noisy';
}

function tellNoise({ role, figure, slope }: Judged): string {
  return `${role}: ${figure} is too noisy to tell: from ${slope!.low} to ${slope!.high} an hour.`;
}
