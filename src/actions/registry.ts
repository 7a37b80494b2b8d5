/** All actions, in the order in which `help` shows them: who is there, the care, the money, the ledger, the peers. */
import type { Action } from './action.ts';
import { consult } from './care/consult.ts';
import { fill } from './care/fill.ts';
import { find } from './care/find.ts';
import { history } from './care/history.ts';
import { performTest } from './care/perform-test.ts';
import { prescribe } from './care/prescribe.ts';
import { print } from './care/print.ts';
import { register } from './care/register.ts';
import { setPatient } from './care/set-patient.ts';
import { todo } from './care/todo.ts';
import { voidPrescription } from './care/void.ts';
import { balances } from './ledger/balances.ts';
import { block } from './ledger/block.ts';
import { chain } from './ledger/chain.ts';
import { lost } from './ledger/lost.ts';
import { mine } from './ledger/mine.ts';
import { pending } from './ledger/pending.ts';
import { recalcBalances } from './ledger/recalc-balances.ts';
import { reorgs } from './ledger/reorgs.ts';
import { scrub } from './ledger/scrub.ts';
import { transfer } from './ledger/transfer.ts';
import { tx } from './ledger/tx.ts';
import { verify } from './ledger/verify.ts';
import { offline } from './peers/offline.ts';
import { online } from './peers/online.ts';
import { peers } from './peers/peers.ts';
import { status } from './peers/status.ts';
import { sync } from './peers/sync.ts';
import { login } from './people/login.ts';
import { logout } from './people/logout.ts';
import { members } from './people/members.ts';
import { whoami } from './people/whoami.ts';

export const actions: readonly Action[] = [
  login,
  logout,
  whoami,
  members,
  register,
  setPatient,
  find,
  todo,
  history,
  consult,
  performTest,
  prescribe,
  fill,
  voidPrescription,
  print,
  transfer,
  balances,
  mine,
  pending,
  chain,
  block,
  tx,
  lost,
  reorgs,
  verify,
  recalcBalances,
  scrub,
  status,
  peers,
  sync,
  offline,
  online,
];

const byName: ReadonlyMap<string, Action> = new Map(actions.map((action) => [action.name, action]));

/** Hyphen and underscore are the same in a name. */
export function findAction(name: string): Action | undefined {
  return byName.get(name.replaceAll('-', '_'));
}
