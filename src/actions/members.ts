/** Members by name: people say and read usernames, the ledger holds member ids. */
import { assert } from '../base/index.ts';
import { type Member, type Role, readMember, systemAccount, systemName } from '../ledger/index.ts';
import type { LedgerNode } from '../node/index.ts';
import type { Reader } from '../vault/index.ts';
import type { ActionContext } from './action.ts';

export function membersOf(node: LedgerNode): readonly Member[] {
  return node.genesis.members;
}

export function memberNamed(node: LedgerNode, username: string): Member | undefined {
  return membersOf(node).find((member) => member.username === username);
}

/** The username of an account; SYSTEM_BANK_001 for its own; the id itself where nobody here has it. */
export function nameOf(node: LedgerNode, account: string): string {
  if (account === systemAccount) return systemName;
  return readMember(node.state, account)?.username ?? account;
}

/** The account that a person means: a username, SYSTEM_BANK_001, or a member id in full. */
export function accountNamed(node: LedgerNode, typed: string): string | undefined {
  if (typed === systemName || typed === systemAccount) return systemAccount;
  return memberNamed(node, typed)?.id ?? readMember(node.state, typed)?.id;
}

/** Who is logged in. The door (run-action.ts) has seen to it that somebody is. */
export function userOf({ session }: ActionContext): Reader {
  assert(session.user, 'the action is for members who are logged in');
  return session.user;
}

/** A member and those of the same role at the same place. */
export function colleaguesOf(node: LedgerNode, { id, role, place }: Member): Member[] {
  return membersOf(node).filter((member) => member.id === id || (member.role === role && member.place === place));
}

export function membersOfRole(node: LedgerNode, role: Role): Member[] {
  return membersOf(node).filter((member) => member.role === role);
}

/** Several groups as one, each member once. */
export function together(...groups: readonly (readonly Member[])[]): Member[] {
  return [...new Map(groups.flat().map((member) => [member.id, member])).values()];
}
