/**
 * Damaged files: a folder that a node has stopped on is copied, one file of the copy is damaged, and a node starts on it
 * with its peer up. It may refuse with a name (then `scrub --heal` is run and it starts again), heal, or not care.
 * It may not be silent: something acknowledged is missing or something differs, and nobody was told.
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DamageCase, damageCases } from '../../support/damage.ts';
import type { Row } from '../report.ts';
import type { Run } from '../run.ts';
import { inspect, logBytes, startOn } from './damage-verdict.ts';
import { type Donor, prepareVictims, type Victim } from './damage-victims.ts';

const toldEvery = 20;

type Outcome = 'harmless' | 'healed' | 'refused, then healed' | 'refused' | 'told' | 'ended early' | 'silent';

export async function runDamages({ row, folder, seed, tell }: Run, count: number): Promise<void> {
  const outcomes = new Map<Outcome, number>();
  const perClass = new Map<string, number>();
  const { cluster, donor, victims } = await prepareVictims(folder, seed);
  // Each victim has signed something besides, alone.
  row.acknowledged = cluster.log.count + victims.length;
  try {
    // Each victim has a key of its own: two processes with one would take each other's links.
    await Promise.all(
      victims.map(async (victim, index) => {
        const share = Math.ceil(count / victims.length);
        for (const [at, damage] of (await damageCases(victim.sound, seed + index, share)).entries()) {
          const copy = join(folder, `${victim.role}-${at}`);
          await cp(victim.sound, copy, { recursive: true });
          await damage.apply(copy);
          const { outcome, facts } = await runCase(victim, donor, copy, damage, row);
          await rm(copy, { recursive: true, force: true });
          row.injected += 1;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          perClass.set(damage.fileClass, (perClass.get(damage.fileClass) ?? 0) + 1);
          const what = `${damage.file}: ${damage.what}`;
          if (row.injected % toldEvery === 0) tell(`${row.injected} files were damaged: ${listed(outcomes)}`);
          if (outcome === 'silent' || outcome === 'refused') tell(`${outcome}: ${what}: ${facts.join('; ')}`);
          if (outcome === 'silent') row.lost.push(`${what}: ${facts.join('; ')}`);
          else if (outcome === 'refused') row.wrong.push(`not healed: ${what}: ${facts.join('; ')}`);
          else if (outcome === 'told') row.notes.push(`told: ${what}: ${facts.join('; ')}`);
        }
      }),
    );
  } finally {
    await cluster.stop();
  }
  row.wrong.push(...cluster.misbehaviour);
  row.notes.push(`by class: ${listed(perClass)}`, `outcomes: ${listed(outcomes)}`);
}

async function runCase(
  victim: Victim,
  donor: Donor,
  copy: string,
  { isCrashShape }: DamageCase,
  row: Row,
): Promise<{ outcome: Outcome; facts: readonly string[] }> {
  const place = { dataDir: copy, logFrom: await logBytes(copy) };
  const first = await startOn(victim, copy);
  if ('refusal' in first) {
    if (first.refusal === null) return { outcome: 'silent', facts: [`refused without a name: ${first.complaint}`] };
    const healed = await first.heal();
    // Nobody can make a key again: its sentence says to put back a copy, or to go on with a new one.
    const again = 'refusal' in healed && /node key/.test(healed.complaint) ? await healed.renewKey() : healed;
    if ('refusal' in again)
      return { outcome: 'refused', facts: [first.refusal, `after scrub: ${again.refusal ?? again.complaint}`] };
    const { missing } = await inspect(again.node, victim, donor, place);
    // What only this folder had may be gone with the part that was damaged, and that was said.
    const held = missing.filter(({ isHeldElsewhere }) => isHeldElsewhere).map(({ what }) => what);
    if (held.length > 0)
      return { outcome: 'silent', facts: [`refused as ${first.refusal}, healed, and then:`, ...held] };
    return { outcome: 'refused, then healed', facts: [first.refusal] };
  }
  row.restartsMs.push(first.node.readyAfterMs!);
  const { missing, said } = await inspect(first.node, victim, donor, place);
  if (missing.length === 0) return { outcome: said.length > 0 ? 'healed' : 'harmless', facts: said };
  const facts = missing.map(({ what }) => what);
  // What the peers have is to be healed, and not only told.
  if (said.length > 0) {
    const isHealable = missing.some(({ isHeldElsewhere }) => isHeldElsewhere);
    return { outcome: isHealable ? 'refused' : 'told', facts: [...facts, ...said] };
  }
  // A log that ends early is what a loss of power leaves: no program can tell the two apart. What peers hold is back.
  const isUnavoidable = isCrashShape && missing.every(({ isHeldElsewhere }) => !isHeldElsewhere);
  return { outcome: isUnavoidable ? 'ended early' : 'silent', facts };
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
}
