/** Thrown where the program itself is wrong: never for bad input, a dishonest peer or a broken disk. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must be true here. A failure is a bug in carechain. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}
