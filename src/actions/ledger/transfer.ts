import { z } from 'zod';
import { authoredReasons, readBalance, readMember, rejection } from '../../ledger/index.ts';
import { defineAction, type Question } from '../action.ts';
import { failure, refusal } from '../error-codes.ts';
import { line, objectionOf, wholeNumber } from '../inputs.ts';
import { accountNamed, membersOf, together, userOf } from '../members.ts';
import { seal, submit } from '../submit.ts';

const amount = wholeNumber(1);

const toQuestion: Question = {
  input: 'to',
  label: 'To',
  kind: 'choice',
  async choices(context) {
    const { id } = userOf(context).member;
    const others = membersOf(context.carechain.node).filter((member) => member.id !== id);
    return others.map(({ username, name }) => ({ value: username, label: `${username} (${name})` }));
  },
};

/** A reason in words of one's own is sealed for the two; the ledger sees `other`. To SYSTEM_BANK_001 it is a refill. */
export const transfer = defineAction({
  name: 'transfer',
  summary: 'pay another member, or refill SYSTEM_BANK_001',
  usage: 'transfer <to> <amount> [reason…]',
  example: 'transfer lab_tech_bob 5 other',
  who: 'member',
  input: z.strictObject({ to: line(), amount, reason: line(500).default('other') }),
  positional: ['to', 'amount'],
  rest: 'reason',
  questions: [
    toQuestion,
    { input: 'amount', label: 'Amount', kind: 'number', objection: objectionOf(amount) },
    { input: 'reason', label: 'Reason', kind: 'text', optional: true },
  ],
  cancelled: 'Transfer cancelled (missing details)',
  signs: true,
  async run({ to, amount, reason }, context) {
    const { node } = context.carechain;
    const { member } = userOf(context);
    const account = accountNamed(node, to);
    if (account === undefined) return refusal(rejection('unknown-recipient'));
    if (account === member.id) return refusal(rejection('transfer-to-self'));
    const balance = readBalance(node.pendingState, member.id);
    if (balance < amount) return failure('insufficient-funds', { balance, amount });
    const stated = authoredReasons.find((candidate) => candidate === reason);
    const recipient = readMember(node.state, account);
    const readers = together([member], recipient ? [recipient] : []);
    const note = stated === undefined ? await seal(context, { note: reason }, readers) : null;
    const records = { note: note?.sealed ?? null };
    return submit(context, { kind: 'TRANSFER_ECASH', to: account, amount, reason: stated ?? 'other', records }, [note]);
  },
});
