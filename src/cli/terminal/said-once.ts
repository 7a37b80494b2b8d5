/** What a form has said before the signature is not said again with the answer. */
import type { Outcome } from '../../actions/index.ts';

export function saidOnce(outcome: Outcome<unknown>, said: readonly string[]): Outcome<unknown> {
  if (!outcome.ok || typeof outcome.result !== 'object' || outcome.result === null) return outcome;
  const { warning = null } = outcome.result as { readonly warning?: unknown };
  if (typeof warning !== 'string' || !said.includes(warning)) return outcome;
  return { ...outcome, result: { ...outcome.result, warning: null } };
}
