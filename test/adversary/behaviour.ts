/** What a row of the table of behaviours is made of. */
import type { Chance } from '../support/chance.ts';
import type { Foe, FoeSettings } from './foe.ts';
import type { HonestNetwork } from './honest-network.ts';

export interface Behaviour {
  readonly name: string;
  /** What the foe does, as a sentence. */
  readonly does: string;
  /** Whether only a liar can do it: then it must cost the foe its link, and longer each time. Else nobody is shunned. */
  readonly crime: boolean;
  /** For a crime: what the victim may call it. */
  readonly codes?: readonly string[];
  /** An honest peer in bad luck: it must keep its link, too. */
  readonly isHonest?: boolean;
  /** Its bytes are always the same. Whoever has seen a message does not read it again: told twice, it is no second crime. */
  readonly isOneMessage?: boolean;
  /** Does not begin with an orderly link. */
  readonly comesUnlinked?: boolean;
  /** Ends by itself only after a time that the victim sets: done once in an attack, and in the quick form all at once. */
  readonly takesLong?: boolean;
  readonly settings?: Partial<FoeSettings>;
  /** A flood of what is new each time: how it is made, and how many goes an attack has at the most. */
  readonly supplies?: Supplies;
  /** One go of one foe. @throws Error where the honest side did what it must not do. */
  go(foe: Foe, arena: Arena): Promise<void>;
}

export interface Supplies {
  readonly goesPerAttack: number;
  /** Makes all that so many goes will send, before anything is measured. Afterwards what is pending is mined. */
  prepare(arena: Pick<Arena, 'network' | 'chance' | 'isQuick'>, goes: number): Promise<void>;
}

export interface Arena {
  readonly network: HonestNetwork;
  readonly chance: Chance;
  /** Whether everything is done in small numbers. */
  readonly isQuick: boolean;
  /** Another peer, gone when the go is over. */
  foe(settings?: Partial<FoeSettings>): Promise<Foe>;
  /** A figure of a go, for the report. */
  note(name: string, value: number): void;
}

/** So many in the full form, fewer in the quick one. */
export function counted(full: number, { isQuick }: Pick<Arena, 'isQuick'>): number {
  return isQuick ? Math.max(1, Math.ceil(full / 20)) : full;
}
