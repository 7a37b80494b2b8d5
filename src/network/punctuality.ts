/**
 * Who brought something lately, and who kept us waiting for nothing. A claim costs nothing, so this decides whom we ask
 * first: who was of use, then who is not known, and last who kept us waiting. Nobody is left out, and nobody is blamed: a
 * slow peer is honest, and an address that has nothing to offer today may be the only one that has it tomorrow.
 */
import type { Clock } from '../base/index.ts';
import { networkLimits } from './network-limits.ts';

type Experience = 'useful' | 'late';

const places: Readonly<Record<Experience, number>> = { useful: 0, late: 2 };
const placeOfUnknown = 1;

export class Punctuality {
  readonly #clock: Clock;
  /** The latest experience with each, the oldest first. */
  readonly #lately = new Map<string, { experience: Experience; since: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  wasUseful(peerId: string): void {
    this.#remember(peerId, 'useful');
  }

  /** It was waited for, and brought nothing. */
  wasLate(peerId: string): void {
    this.#remember(peerId, 'late');
  }

  isUseful(peerId: string): boolean {
    return this.#of(peerId) === 'useful';
  }

  isLate(peerId: string): boolean {
    return this.#of(peerId) === 'late';
  }

  /** Whom to ask first; those of one kind stay in their order. */
  sorted(peerIds: readonly string[]): string[] {
    const placed = peerIds.map((peerId) => {
      const experience = this.#of(peerId);
      return { peerId, place: experience ? places[experience] : placeOfUnknown };
    });
    return placed.sort((left, right) => left.place - right.place).map(({ peerId }) => peerId);
  }

  #remember(peerId: string, experience: Experience): void {
    this.#lately.delete(peerId);
    this.#lately.set(peerId, { experience, since: this.#clock.now() });
    // Those who were of use stay while there are others: new names cost a stranger nothing.
    if (this.#lately.size <= networkLimits.experiences) return;
    const oldestLate = [...this.#lately].find(([, each]) => each.experience === 'late');
    this.#lately.delete(oldestLate?.[0] ?? this.#lately.keys().next().value!);
  }

  #of(peerId: string): Experience | null {
    const known = this.#lately.get(peerId);
    if (!known || this.#clock.now() - known.since > networkLimits.experienceMs) return null;
    return known.experience;
  }
}
