/**
 * A question of the benchmark: one run answers it with figures, and says what the machine could have done at the most,
 * measured in the same run. What is asked of the answer is a ratio to that, or between two sizes, and seldom a time.
 */

/** The quick form is for a machine that does other work: small sizes, one run, and only shapes are asked for. */
export interface Form {
  readonly isQuick: boolean;
  /** With a chain of a million transactions, which takes minutes to build the first time. */
  readonly isLarge: boolean;
}

/** By name, the unit last: `PerSecond`, `Ms`, `Bytes`, `Megabytes`, `Times`, `Count`. */
export type Figures = Readonly<Record<string, number>>;

export interface Bound {
  readonly atLeast?: number;
  readonly atMost?: number;
}

export interface Target extends Bound {
  readonly figure: string;
  /** What is asked for in the quick form; nothing where it is absent. */
  readonly quickly?: Bound;
}

export interface Question {
  readonly name: string;
  readonly asks: string;
  readonly targets: readonly Target[];
  /** One run, in a process of its own. */
  run(form: Form): Promise<Figures>;
}
