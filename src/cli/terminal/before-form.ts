/**
 * Who may do it, and for whom, is a rule of the action. It is looked at here beforehand only so that nobody fills in a
 * form in vain: what is let through is judged again when the action runs.
 */
import { type Action, type ActionContext, failure, type Outcome } from '../../actions/index.ts';

/** Actions that are about the active patient and take no other. */
const aboutThePatient = ['consult', 'prescribe'];

export function whyNotNow({ name, who }: Action, { session }: ActionContext): Outcome<never> | null {
  if (who === 'anyone') return null;
  if (!session.user) return failure('login-required');
  if (who !== 'member' && !who.includes(session.user.member.role)) return failure('wrong-role', { role: who[0]! });
  return aboutThePatient.includes(name) && session.activePatient === null ? failure('no-active-patient') : null;
}
