/** One line in, one outcome out: what the prompt and the piped mode do alike. */
import { type ActionContext, type Outcome, runAction } from '../actions/index.ts';
import { helpCards } from './edge-commands.ts';
import type { Request } from './request.ts';

export function runRequest(request: Request, context: ActionContext): Promise<Outcome<unknown>> | Outcome<unknown> {
  if (request.kind === 'exit') return { ok: true, result: {} };
  if (request.kind === 'help') return { ok: true, result: helpCards(request.topic) };
  return runAction(request.action, request.input, context);
}
