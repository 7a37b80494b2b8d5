/** Who is at the node: one session an edge. Keys live here, in memory, between login and logout. */
import type { Reader } from '../vault/index.ts';

export interface Session {
  /** Null while nobody is logged in. */
  user: Reader | null;
  /** Patient id. */
  activePatient: string | null;
  /** Ids of the last list shown, so that a number stands for one. */
  lastList: readonly string[];
}

export function newSession(): Session {
  return { user: null, activePatient: null, lastList: [] };
}

/** Forgets who was there, and wipes their keys from memory. */
export function endSession(session: Session): void {
  if (session.user) {
    session.user.keys.signing.secretKey.fill(0);
    session.user.keys.sealing.secretKey.fill(0);
  }
  Object.assign(session, newSession());
}
