/** What every class of faults is given. */
import type { Row } from './report.ts';

export interface Run {
  /** Filled in as it goes, so that a run that is broken off has its figures up to there. */
  readonly row: Row;
  /** Where everything is written. */
  readonly folder: string;
  readonly seed: number;
  /** For whoever waits for it. */
  tell(progress: string): void;
}
