/**
 * Damaged files: the folder of a node that was killed is copied, one file of the copy is damaged, and a node starts on it,
 * alone at first and then with its peer. It may refuse with a name (then `scrub --heal` is run and it starts again), heal,
 * or not care. It may not be silent: something acknowledged is missing or something differs, and nobody was told.
 */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DamageCase, damageCases } from '../../support/damage.ts';
import type { Row } from '../report.ts';
import type { Run } from '../run.ts';
import { type Inspection, inspect, logBytes, nameable, startOn } from './damage-verdict.ts';
import { type Donor, prepareVictims, type Victim } from './damage-victims.ts';

const toldEvery = 20;

type Outcome = 'harmless' | 'healed' | 'refused, then healed' | 'refused' | 'told' | 'ended early' | 'silent';

interface Verdict {
  readonly outcome: Outcome;
  readonly facts: readonly string[];
}

/** What only a damaged folder had, and is gone. */
interface Losses {
  /** Said by name. */
  named: number;
  /** Confirmed, and no longer known as written here: the mark was in the damaged file. */
  disowned: number;
}

export async function runDamages({ row, folder, seed, tell }: Run, count: number): Promise<void> {
  const outcomes = new Map<Outcome, number>();
  const perClass = new Map<string, number>();
  const losses: Losses = { named: 0, disowned: 0 };
  const { cluster, donor, victims } = await prepareVictims(folder, seed);
  // Each victim has signed something besides, alone.
  row.acknowledged = cluster.log.count + victims.length;
  try {
    // Each victim has a key of its own: two processes with one would take each other's links.
    await Promise.all(
      victims.map(async (victim, index) => {
        await expectSound(victim, donor, join(folder, `${victim.role}-sound`), row);
        const share = Math.ceil(count / victims.length);
        for (const [at, damage] of (await damageCases(victim.sound, seed + index, share)).entries()) {
          const copy = join(folder, `${victim.role}-${at}`);
          await cp(victim.sound, copy, { recursive: true });
          await damage.apply(copy);
          const { outcome, facts } = await runCase({ victim, donor, copy, damage, row, losses });
          if (outcome !== 'silent' && outcome !== 'refused') await rm(copy, { recursive: true, force: true });
          row.injected += 1;
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
          perClass.set(damage.fileClass, (perClass.get(damage.fileClass) ?? 0) + 1);
          const what = `${damage.file} of ${victim.role}: ${damage.what}`;
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
    for (const { cable } of victims) await cable.close();
  }
  row.wrong.push(...cluster.misbehaviour);
  row.notes.push(
    `by class: ${listed(perClass)}`,
    `outcomes: ${listed(outcomes)}`,
    `of what a damaged folder alone had, ${losses.named} were lost and named, and ${row.unnamed} were lost with their file, of which nothing is left that tells their names`,
    `${losses.disowned} were lost as written here, and are in the ledger`,
  );
}

/** A folder that nobody has damaged has everything, and its node has nothing to say: else every verdict would be worth nothing. */
async function expectSound(victim: Victim, donor: Donor, copy: string, row: Row): Promise<void> {
  await cp(victim.sound, copy, { recursive: true });
  const place = { dataDir: copy, logFrom: await logBytes(copy) };
  const started = await startOn(victim, copy);
  if ('refusal' in started) {
    row.wrong.push(`an undamaged folder of ${victim.role} was refused: ${started.complaint}`);
    return;
  }
  const found = await inspect(started.node, victim, donor, place);
  await rm(copy, { recursive: true, force: true });
  row.read += found.read;
  const facts = [...found.missing, ...found.said, ...factsOf(found)];
  if (facts.length > 0) row.wrong.push(`with an undamaged folder of ${victim.role}: ${facts.join('; ')}`);
}

/** What of its own it does not have. */
function factsOf({ lost, disowned, wentBack }: Inspection): string[] {
  return [
    ...(lost.length > 0 ? [`${lost.length} of what nobody else had are unknown, ${lost[0]} first`] : []),
    ...(disowned.length > 0 ? [`${disowned.length} are no longer its own, ${disowned[0]} first`] : []),
    ...(wentBack ? ['opened at an earlier height'] : []),
  ];
}

interface Case {
  readonly victim: Victim;
  readonly donor: Donor;
  readonly copy: string;
  readonly damage: DamageCase;
  readonly row: Row;
  readonly losses: Losses;
}

async function runCase({ victim, donor, copy, damage, row, losses }: Case): Promise<Verdict> {
  const place = { dataDir: copy, logFrom: await logBytes(copy) };
  const first = await startOn(victim, copy);
  if ('refusal' in first) {
    if (first.refusal === null) return { outcome: 'silent', facts: [`refused without a name: ${first.complaint}`] };
    const { again: healed, scrub } = await first.heal();
    // Nobody can make a key again: its sentence says to put back a copy, or to go on with a new one.
    const again = 'refusal' in healed && /node key/.test(healed.complaint) ? await healed.renewKey() : healed;
    if ('refusal' in again)
      return { outcome: 'refused', facts: [first.refusal, `after scrub: ${again.refusal ?? again.complaint}`] };
    const found = await inspect(again.node, victim, donor, place);
    row.read += found.read;
    const unexcused = await unexcusedLosses(found, [...scrub.unreadable, ...found.said], scrub.damagedFiles, copy);
    if (found.missing.length + unexcused.length > 0)
      return {
        outcome: 'silent',
        facts: [`refused as ${first.refusal}, healed, and then:`, ...found.missing, ...unexcused],
      };
    count(found, [...scrub.unreadable, ...found.said], row, losses);
    return { outcome: 'refused, then healed', facts: [first.refusal] };
  }
  row.restartsMs.push(first.node.readyAfterMs!);
  const found = await inspect(first.node, victim, donor, place);
  row.read += found.read;
  const facts = [...found.missing, ...factsOf(found)];
  const { said } = found;
  // A log that ends early is what a loss of power leaves: no program can tell the two apart. What peers hold is back.
  const isUnavoidable = damage.isCrashShape && found.missing.length === 0;
  if (facts.length === 0) return { outcome: said.length > 0 ? 'healed' : 'harmless', facts: said };
  if (said.length === 0) {
    if (isUnavoidable) count(found, said, row, losses);
    return { outcome: isUnavoidable ? 'ended early' : 'silent', facts };
  }
  // What the peers have is to be healed, and not only told.
  if (found.missing.length > 0) return { outcome: 'refused', facts: [...facts, ...said] };
  const unnamed = found.lost.filter((id) => !isNamed(id, said));
  if (unnamed.length > 0 && !isUnavoidable)
    return { outcome: 'silent', facts: [...facts, `nobody named ${unnamed.join(', ')}`, ...said] };
  count(found, said, row, losses);
  const isWhole = found.lost.length + found.disowned.length === 0;
  return { outcome: isWhole ? 'healed' : 'told', facts: [...facts, ...said] };
}

function isNamed(id: string, said: readonly string[]): boolean {
  return said.some((line) => line.includes(id));
}

/**
 * After a healing: what only this folder had may be gone with the part that was damaged. It has to be named where anything
 * is left that names it; else at least the file that it was in.
 */
async function unexcusedLosses(
  { lost, disowned }: Inspection,
  said: readonly string[],
  damagedFiles: readonly string[],
  copy: string,
): Promise<string[]> {
  const unnamed = [...lost, ...disowned].filter((id) => !isNamed(id, said));
  if (unnamed.length > 0 && damagedFiles.length === 0)
    return [`${unnamed.length} are gone, ${unnamed[0]} first, and neither they nor any file were named`];
  const known = await nameable(copy, unnamed);
  const kind = (id: string) => (lost.includes(id) ? 'lost' : 'disowned');
  return known.map((id) => `${id} is ${kind(id)}, nobody named it, and a key of it can be read`);
}

function count({ lost, disowned }: Inspection, said: readonly string[], row: Row, losses: Losses): void {
  const named = lost.filter((id) => isNamed(id, said)).length;
  losses.named += named;
  row.unnamed += lost.length - named;
  losses.disowned += disowned.filter((id) => !isNamed(id, said)).length;
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
}
