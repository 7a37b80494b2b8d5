import { integerFrom, mapOf, nullOr, wordOf } from '../../base/index.ts';
import { hash, sealed } from '../fields.ts';
import { systemAccount } from '../genesis.ts';
import { rejection } from '../rejection.ts';
import { readBalance, readMember } from '../state.ts';
import { defineKind, filledSlots } from './kind.ts';

export const transferReasons = ['order-reward', 'fill-reward', 'report-access', 'other'] as const;

/** The reasons that a member may state; the other two are those of derived rewards. */
export const authoredReasons = ['report-access', 'other'] as const;

/**
 * A member pays another, or refills SYSTEM_BANK_001. A reason typed in words is the sealed record `note`.
 * Rewards are shown as this kind too, but are derived and never authored.
 */
export const transferEcash = defineKind({
  name: 'TRANSFER_ECASH',
  authors: ['doctor', 'lab', 'pharmacy', 'patient', 'admin'],
  fields: {
    to: hash,
    amount: integerFrom(1),
    reason: wordOf(...authoredReasons),
    records: mapOf({ note: nullOr(sealed) }),
  },
  check({ body, author, state }) {
    if (body.to === author.id) return rejection('transfer-to-self');
    if (body.to !== systemAccount && !readMember(state, body.to))
      return rejection('unknown-recipient', { to: body.to });
    const balance = readBalance(state, author.id);
    if (body.amount > balance) return rejection('spends-more-than-balance', { balance, amount: body.amount });
    return null;
  },
  effect({ body, author }, draft) {
    draft.debit(author.id, body.amount);
    draft.credit(body.to, body.amount);
  },
  patientOf: () => null,
  references: () => [],
  recordsOf: (body) => filledSlots(body.records),
});
