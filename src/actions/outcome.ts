/** What an action answers: its result, or an error that is a value. */
export interface ActionError {
  /** Kebab-case and stable: a row of `docs/CLI.md`. */
  readonly code: string;
  /** What went wrong and what to do, in sentences. Never secrets or clinical text. */
  readonly message: string;
}

export type Outcome<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: ActionError };

export function done<Result>(result: Result): Outcome<Result> {
  return { ok: true, result };
}
