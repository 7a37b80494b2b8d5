export type { Action, ActionContext, ActionError, Choice, Outcome, Question } from './action.ts';
export type { Carechain, NodeRole } from './carechain.ts';
export { newSession, type Session } from './session.ts';
