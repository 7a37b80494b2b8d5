/**
 * The typed error of the edges of I/O: what went wrong in a word that programs can match (`code`), and in a sentence that
 * says what the reader can do (`message`). Expected failure inside is a value, never one of these.
 */
export class CarechainError extends Error {
  override readonly name = 'CarechainError';
  readonly code: string;
  /** What a program may want to know beside the code. Never secrets or clinical text. */
  readonly facts: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, facts: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.facts = facts;
  }
}

/** The code and message of anything thrown, for a log line. Never its stack. */
export function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof CarechainError) return { code: error.code, message: error.message };
  const code = (error as { code?: unknown } | null)?.code;
  const message = error instanceof Error ? error.message : String(error);
  return { code: typeof code === 'string' ? code : 'internal-error', message };
}
