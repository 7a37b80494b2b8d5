/**
 * A trial of one behaviour: what it costs the foe, what it costs the honest nodes.
 *
 * For a crime one identity offends three times. Between the offences the clocks of the honest nodes are set on by the
 * time for which it was shunned: the second shun must be longer than the first, the third longer again. Then comes the
 * attack: the same again and again, each time under a new identity, while honest people work and are measured. There, too,
 * a crime counts as punished only where that very peer is shunned, for what it did: a link may break for other reasons.
 */

import { limits } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import { comesTrue, pause, until, within } from '../support/waiting.ts';
import type { Arena, Behaviour } from './behaviour.ts';
import { Foe, type FoeSettings } from './foe.ts';
import type { HonestNetwork } from './honest-network.ts';
import { type Latencies, submitEveryMs, workHonestly } from './honest-work.ts';

export interface TrialSettings {
  readonly isQuick: boolean;
  readonly chance: Chance;
  readonly attackMs: number;
  readonly offences: number;
}

export interface Outcome {
  readonly behaviour: Behaviour;
  /** What went wrong, as sentences; nothing should. */
  readonly failures: readonly string[];
  /** For crimes: milliseconds from the offence to the cut. */
  readonly cutMs: readonly number[];
  /** For how long the first, second and third offence were shunned. */
  readonly shunMs: readonly number[];
  /** How often it was done in the attack: a crime, how often it was punished. */
  readonly goes: number;
  /** How often it was done, and lawfully not looked at: see {@link nobodyLooks}. */
  readonly unjudged: number;
  readonly latencies: Latencies;
  /** Bytes that the victim holds more than before, after a collection; null where it shares this process. */
  readonly growth: { readonly rss: number; readonly heap: number; readonly peakRss: number } | null;
  readonly notes: Readonly<Record<string, number>>;
  /** All of it, offences and attack. */
  readonly tookMs: number;
}

/** When a crime counts as not punished. How fast it was is measured; a slow machine must not make it a failure. */
const punishMs = 30_000;
/** A shun is told by another process than that which sees the link go. */
const toldMs = 10_000;
/** Of the honest transactions that an attack has time for, so many must be measured. */
const leastShare = 0.5;
/** Goes of an attack that may come to nothing before the first that does. */
const mostMisses = 8;
/** How long a foe waits to be asked what it would lie about: an honest head may win meanwhile, and nobody asks. */
const askedWithinMs = 2_000;
let foesMade = 0;

export async function tryBehaviour(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
): Promise<Outcome> {
  const startedAt = performance.now();
  const failures: string[] = [];
  const notes: Record<string, number> = {};
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  };
  const note = (name: string, value: number) => {
    notes[name] = Math.max(notes[name] ?? 0, Math.round(value));
  };
  const faultsBefore = network.faults.length;
  const cutsBefore = network.honestCuts;
  const honestShunsBefore = network.honestShuns;
  const shunnedBefore = network.shunned.length;
  await attempt(async () => {
    const { supplies } = behaviour;
    await supplies?.prepare({ network, ...settings }, supplies.goesPerAttack + 1);
  });
  const drain = () => attempt(async () => void (behaviour.supplies && (await network.drain())));
  const memoryBefore = await memoryOf(network);
  const peak = watchPeak(network);

  const offences: { cutMs: number; shunMs: number }[] = [];
  if (behaviour.crime) {
    await attempt(() => offendAgainAndAgain(behaviour, network, settings, note, offences));
  } else if (behaviour.takesLong !== true) {
    await attempt(() => oneGo(behaviour, network, settings, note));
    await drain();
  }

  const { goes, unjudged, latencies, failures: found } = await underAttack(behaviour, network, settings, note);
  failures.push(...found);
  const peakRss = peak();
  await drain();
  await attempt(() => network.agree());
  const memoryAfter = await memoryOf(network);
  const view = await network.victim.call('view');

  if (network.honestShuns > honestShunsBefore) failures.push('an honest node was shunned');
  // In the quick form everything shares one thread with whatever else runs: a ping may be late for reasons of its own.
  if (!settings.isQuick && network.honestCuts > cutsBefore)
    failures.push(`${network.honestCuts - cutsBefore} links between honest nodes broke`);
  failures.push(...new Set(network.faults.slice(faultsBefore)));
  const wronged = network.shunned.slice(shunnedBefore);
  if (!behaviour.crime && wronged.length > 0) failures.push(`shunned for ${wronged[0]!.code}, which is no crime`);
  if (view.pending > limits.mempoolTransactions || view.waiting > limits.parkedTransactions)
    failures.push('the mempool is beyond its limits');
  return {
    behaviour,
    failures: [...new Set(failures)],
    cutMs: offences.map(({ cutMs }) => cutMs),
    shunMs: offences.map(({ shunMs }) => shunMs),
    goes,
    unjudged,
    latencies,
    growth: growthOf(memoryBefore, memoryAfter, peakRss),
    notes,
    tookMs: performance.now() - startedAt,
  };
}

/** What honest people have measured during one attack. */
export interface Attack {
  readonly goes: number;
  readonly unjudged: number;
  readonly latencies: Latencies;
  readonly failures: readonly string[];
}

/** Once more the attack of a trial that is over, and nothing else of it. */
export async function attackAgain(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
): Promise<Attack> {
  const { supplies } = behaviour;
  await supplies?.prepare({ network, ...settings }, supplies.goesPerAttack);
  const attack = await underAttack(behaviour, network, settings, () => undefined);
  if (supplies) await network.drain();
  await network.agree();
  return attack;
}

/** The behaviour, again and again, while honest people work. */
async function underAttack(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
  note: Arena['note'],
): Promise<Attack> {
  const { attackMs, isQuick, chance } = settings;
  const attacking = attackUntil(performance.now() + attackMs, behaviour, network, settings, note);
  const latencies = await workHonestly(network, { forMs: attackMs, chance, untilConfirmed: !isQuick });
  const { goes, unjudged, failures } = await attacking;
  note('latestSubmitMs', latencies.latestMs);
  const least = isQuick ? 0 : Math.floor((leastShare * attackMs) / submitEveryMs);
  const measured = Math.min(latencies.submit.length, latencies.confirmation.length);
  const few = measured < least ? [`only ${measured} honest transactions were measured, and not ${least}`] : [];
  return { goes, unjudged, latencies, failures: [...failures, ...wrongsOf(latencies), ...few] };
}

/** What must not happen to honest work, in peace or under attack. */
export function wrongsOf({ missing, unconfirmed }: Latencies): string[] {
  const wrongs: string[] = [];
  if (missing > 0) wrongs.push(`${missing} honest transactions did not arrive`);
  if (unconfirmed !== null && unconfirmed > 0) wrongs.push(`${unconfirmed} honest transactions were not confirmed`);
  return wrongs;
}

async function offendAgainAndAgain(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
  note: Arena['note'],
  offences: { cutMs: number; shunMs: number }[],
): Promise<void> {
  const name = nextName(behaviour);
  const times = behaviour.isOneMessage === true ? 1 : settings.offences;
  for (let offence = 1; offence <= times; offence += 1) {
    const known = network.shunsOf(foeId.get(name) ?? '').length;
    const { foe, arena, close } = await enter(behaviour, network, settings, note, name);
    foeId.set(name, foe.peerId);
    try {
      await foe.link(network.victim);
      foe.arm();
      const going = behaviour.go(foe, arena).catch(() => undefined);
      await until(
        () => network.shunsOf(foe.peerId).length > known,
        `the foe to be shunned for offence ${offence}`,
        punishMs,
      );
      const cutAt = await within(foe.cut, punishMs);
      if (cutAt === null) throw new Error('the foe was shunned and not cut');
      await within(going, punishMs);
      const shun = network.shunsOf(foe.peerId).at(-1)!;
      if (behaviour.codes?.includes(shun.code) === false) throw new Error(`it was shunned for ${shun.code}`);
      if (foe.struckAt === null) throw new Error('it was shunned before it had done anything');
      offences.push({ cutMs: cutAt - foe.struckAt, shunMs: shun.forMs });
      await comesBackInVain(foe, network);
      await network.jump(shun.forMs + 1_000);
    } finally {
      await close();
    }
  }
  for (const [index, { shunMs }] of offences.entries()) {
    const before = offences[index - 1];
    if (before !== undefined && shunMs <= before.shunMs) throw new Error('a later shun was not longer');
  }
}

const foeId = new Map<string, string>();

/** While it is shunned, no link of it stands. */
async function comesBackInVain(foe: Foe, network: HonestNetwork): Promise<void> {
  const connection = await foe.dial(network.victim).catch(() => null);
  await until(() => connection === null || connection.status !== 'open', 'a shunned foe to be refused', 3_000);
  const { peers } = await network.victim.call('view');
  if (peers.includes(foe.peerId)) throw new Error('a shunned foe is linked');
}

/** @returns done: who is no criminal has struck where nothing was thrown. */
async function oneGo(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
  note: Arena['note'],
): Promise<'done'> {
  const { foe, arena, close } = await enter(behaviour, network, settings, note, nextName(behaviour));
  try {
    if (behaviour.comesUnlinked !== true) await foe.link(network.victim);
    await behaviour.go(foe, arena);
    if (behaviour.isHonest === true) {
      // Long enough for a verdict to be spoken, had there been one.
      await pause(150);
      if (!foe.isLinked) throw new Error('an honest peer lost its link');
    }
    return 'done';
  } finally {
    await close();
  }
}

/** The behaviour again and again until the end, each time under a new identity. */
async function attackUntil(
  end: number,
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
  note: Arena['note'],
): Promise<{ goes: number; unjudged: number; failures: string[] }> {
  const failures: string[] = [];
  const count = { done: 0, unjudged: 0, missed: 0 };
  const mostGoes = behaviour.takesLong === true ? 1 : (behaviour.supplies?.goesPerAttack ?? Number.POSITIVE_INFINITY);
  const goesOn = () =>
    count.done === 0 ? count.missed + count.unjudged < mostMisses : performance.now() < end && count.done < mostGoes;
  while (goesOn()) {
    try {
      const outcome = behaviour.crime
        ? await oneOffence(behaviour, network, settings, note)
        : await oneGo(behaviour, network, settings, note);
      if (typeof outcome === 'object') {
        failures.push(outcome.unpunished);
        break;
      }
      count[outcome] += 1;
    } catch (error) {
      count.missed += 1;
      // What keeps a crime from being done is none of the honest side's faults: it must have been done all the same, below.
      if (!behaviour.crime) failures.push(`under work: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (failures.length === 0 && count.done === 0 && behaviour.isOneMessage !== true)
    failures.push('it never struck and was judged while honest people worked');
  return { goes: count.done, unjudged: count.unjudged, failures: [...new Set(failures)] };
}

/** `unpunished`: what was done about it instead, as a sentence. */
type GoOutcome = 'done' | 'unjudged' | 'missed' | { readonly unpunished: string };

async function oneOffence(
  behaviour: Behaviour,
  network: HonestNetwork,
  settings: TrialSettings,
  note: Arena['note'],
): Promise<GoOutcome> {
  const { foe, arena, close } = await enter(behaviour, network, settings, note, nextName(behaviour));
  try {
    await foe.link(network.victim);
    foe.arm();
    let hasGone = false;
    const going = behaviour
      .go(foe, arena)
      .catch(() => undefined)
      .finally(() => {
        hasGone = true;
      });
    const giveUpAt = performance.now() + askedWithinMs;
    const isShunned = () => network.shunsOf(foe.peerId).length > 0;
    const isSettled = async () => {
      if (isShunned() || foe.cutAt !== null) return true;
      if (foe.struckAt === null) return performance.now() > giveUpAt;
      return hasGone && (await nobodyLooks(behaviour, foe, network));
    };
    const isJudged = await comesTrue(isSettled, punishMs);
    // A block is put aside before its branch is looked at, where that would win.
    if (foe.cutAt === null && foe.struckAt !== null) await within(foe.cut, 200);
    await within(going, askedWithinMs);
    if (foe.struckAt === null) return 'missed';
    if (foe.cutAt !== null || isShunned()) {
      if (!(await comesTrue(isShunned, toldMs)))
        return { unpunished: 'it struck while honest people worked: its link was cut, and it was not shunned' };
      const { code } = network.shunsOf(foe.peerId)[0]!;
      if (behaviour.codes?.includes(code) === false)
        return { unpunished: `while honest people worked it was shunned for ${code}` };
      await within(foe.cut, punishMs);
    }
    if (foe.cutAt === null)
      return isJudged && !isShunned()
        ? 'unjudged'
        : { unpunished: 'it struck while honest people worked, and was not cut' };
    note('slowestCutMs', foe.cutAt - foe.struckAt);
    return 'done';
  } finally {
    await close();
  }
}

/**
 * Where an honest node may lawfully not look at what was sent: it has read the very same message before, or a block lost to
 * an honest one meanwhile, so that it is kept aside and its body is not checked.
 */
async function nobodyLooks(behaviour: Behaviour, foe: Foe, { victim }: HonestNetwork): Promise<boolean> {
  if (behaviour.isOneMessage === true) {
    await foe.tell().catch(() => undefined);
    return true;
  }
  for (const hash of foe.offered) {
    const place = await victim.call('placeOf', hash);
    if (place === 'main') return false;
    if (place === 'aside') return true;
  }
  return false;
}

async function enter(
  behaviour: Behaviour,
  network: HonestNetwork,
  { chance, isQuick }: TrialSettings,
  note: Arena['note'],
  name: string,
): Promise<{ foe: Foe; arena: Arena; close(): Promise<void> }> {
  const foes: Foe[] = [];
  const make = async (extra: Partial<FoeSettings> = {}): Promise<Foe> => {
    foesMade += 1;
    const foe = await Foe.create({
      name: `${name} ${foesMade}`,
      genesis: network.world.genesis.hash,
      now: () => network.now(),
      ...extra,
    });
    foes.push(foe);
    return foe;
  };
  const foe = await make({ ...behaviour.settings, name });
  return {
    foe,
    arena: { network, chance, isQuick, foe: make, note },
    close: async () => void (await Promise.all(foes.map((each) => each.leave()))),
  };
}

function nextName({ name }: Behaviour): string {
  foesMade += 1;
  return `${name}-${foesMade}`.slice(0, 60);
}

async function memoryOf({ victim }: HonestNetwork) {
  return victim.rssNow() === null ? null : await victim.call('memory');
}

function watchPeak({ victim }: HonestNetwork): () => number {
  let peak = victim.rssNow() ?? 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, victim.rssNow() ?? 0);
  }, 200);
  return () => {
    clearInterval(timer);
    return peak;
  };
}

type Memory = Awaited<ReturnType<typeof memoryOf>>;

function growthOf(before: Memory, after: Memory, peakRss: number): Outcome['growth'] {
  if (before === null || after === null) return null;
  return { rss: after.rss - before.rss, heap: after.heap - before.heap, peakRss: peakRss - before.rss };
}
