/**
 * Why a transaction or a block is refused: a code and the facts. Expected failure is a value.
 *
 * The nature of a code says what follows from it:
 * - `invalid`: only a liar or a broken program sends this. It is dropped, and the peer that sent it is shunned.
 * - `never`: honest, but it can no longer be confirmed on this chain (a lost race). The author reads it in `lost`.
 * - `not-yet`: honest, and may become valid (an unknown reference, a balance too low). It waits.
 * - `known`: honest, and already here.
 * In a block every one of them makes the block invalid, but for those that speak of the block as a whole.
 */
export type RejectionNature = 'invalid' | 'never' | 'not-yet' | 'known';

/**
 * What a verdict is drawn from: what was sent and the genesis, or the state too. A state that is damaged refuses what is
 * honest, so whoever has such a verdict doubts the state before the sender.
 */
export type RejectionGround = 'itself' | 'state';

/**
 * What a block that is refused with the code is guilty of:
 * - `hash`: header and body belong together and break a rule. Nobody can ever deliver the hash so that it holds, and only
 *   such a verdict may be remembered.
 * - `delivery`: what came with the hash is a lie; an honest delivery of it may follow.
 * - `nothing`: it may become valid.
 */
export type Condemned = 'hash' | 'delivery' | 'nothing';

interface Row {
  readonly nature: RejectionNature;
  readonly restsOn: RejectionGround;
  readonly condemns: Condemned;
  readonly sentence: string;
  readonly nextStep: string;
}

const liar = 'Whoever sent it runs another program or is dishonest: take it from another node.';

/** One row a code; `docs/PROTOCOL.md` shows the same table. */
export const rejections = {
  // Transactions.
  'malformed-transaction': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'delivery',
    sentence: 'The bytes are not the one encoding of a transaction.',
    nextStep: liar,
  },
  'transaction-too-large': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The transaction is larger than the network allows.',
    nextStep: 'Make it shorter: long text belongs in a sealed record.',
  },
  'wrong-network': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'This belongs to another network.',
    nextStep: 'Compare the genesis files of the two nodes.',
  },
  'forged-system-transfer': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'It claims to come from SYSTEM_BANK_001, whose payments nobody can author.',
    nextStep: liar,
  },
  'unknown-author': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'Its author is not a member of this network.',
    nextStep: 'Use the key of a member that the genesis lists.',
  },
  'bad-signature': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The signature does not fit the transaction and its author.',
    nextStep: liar,
  },
  'wrong-role': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The role of its author may not author this kind of transaction.',
    nextStep: 'Log in as a member of the right role.',
  },
  'bad-readers': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The readers of a record must be members, sorted, each once, the author among them.',
    nextStep: liar,
  },
  'already-in-chain': {
    nature: 'known',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'This transaction is in the chain already; an id enters a chain once.',
    nextStep: 'Nothing: it has its effect.',
  },
  'patient-already-registered': {
    nature: 'never',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'A patient with this id is registered already.',
    nextStep: 'Use that registration.',
  },
  'unknown-patient': {
    nature: 'not-yet',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'No patient with this id is registered.',
    nextStep: 'Wait for the registration, or register the patient.',
  },
  'unknown-order': {
    nature: 'not-yet',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'No consultation with an order has this id.',
    nextStep: 'Wait for the consultation to arrive.',
  },
  'order-already-answered': {
    nature: 'never',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'This order has a result already.',
    nextStep: 'Read that result; a new test needs a new order.',
  },
  'unknown-prescription': {
    nature: 'not-yet',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'No prescription has this id.',
    nextStep: 'Wait for the prescription to arrive.',
  },
  'prescription-already-filled': {
    nature: 'never',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'This prescription was filled already.',
    nextStep: 'Do not dispense again; ask the doctor for a new prescription.',
  },
  'prescription-cancelled': {
    nature: 'never',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The prescriber withdrew this prescription.',
    nextStep: 'Ask the prescriber for a new one.',
  },
  'not-the-prescriber': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'Only the prescriber may withdraw a prescription.',
    nextStep: 'Ask the doctor who wrote it.',
  },
  'spends-more-than-balance': {
    nature: 'not-yet',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The author does not have this much to spend.',
    nextStep: 'Wait for income to be confirmed, or send less.',
  },
  'transfer-to-self': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'A transfer needs two different accounts.',
    nextStep: 'Name another member.',
  },
  'unknown-recipient': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The recipient is not a member of this network.',
    nextStep: 'Name a member: see `members`.',
  },
  // Blocks.
  'malformed-block': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'delivery',
    sentence: 'The bytes are not the one encoding of a block.',
    nextStep: liar,
  },
  'block-too-large': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'delivery',
    sentence: 'The transactions of the block weigh more than the network allows.',
    nextStep: liar,
  },
  'unknown-rules': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The block follows rules that this program does not know.',
    nextStep: 'Update carechain on this node.',
  },
  'unknown-parent': {
    nature: 'not-yet',
    restsOn: 'itself',
    condemns: 'nothing',
    sentence: 'The block follows one that is not here.',
    nextStep: 'Wait: this node asks its peers for what lies between.',
  },
  'wrong-height': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The height is not one more than that of the parent.',
    nextStep: liar,
  },
  'wrong-parent': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The parent hash is not the hash of the block before it.',
    nextStep: liar,
  },
  'wrong-difficulty': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The difficulty is not that of this network.',
    nextStep: liar,
  },
  'not-enough-work': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The hash of the block does not reach its difficulty.',
    nextStep: liar,
  },
  'miner-not-allowed': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The genesis does not let this node mine.',
    nextStep: 'Let a listed node mine the block.',
  },
  'bad-miner-signature': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'delivery',
    sentence: 'The signature of the miner does not fit the hash of the block.',
    nextStep: liar,
  },
  'time-not-after-median': {
    nature: 'invalid',
    restsOn: 'itself',
    condemns: 'hash',
    sentence: 'The time of the block is not after the median of the eleven before it.',
    nextStep: liar,
  },
  'block-from-the-future': {
    nature: 'not-yet',
    restsOn: 'itself',
    condemns: 'nothing',
    sentence: 'The time of the block lies too far ahead of the clock of this node.',
    nextStep: 'Wait, or set the clocks of the nodes right.',
  },
  'wrong-transactions-root': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'delivery',
    sentence: 'The rewards and transactions do not add up to the root in the header.',
    nextStep: liar,
  },
  'empty-block': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'delivery',
    sentence: 'The block has neither a transaction nor a reward.',
    nextStep: liar,
  },
  'wrong-state-digest': {
    nature: 'invalid',
    restsOn: 'state',
    condemns: 'hash',
    sentence: 'The block claims another state than its transactions lead to.',
    nextStep: liar,
  },
} as const satisfies Record<string, Row>;

export type RejectionCode = keyof typeof rejections;

export type RejectionFacts = Readonly<Record<string, string | number | boolean | null>>;

export interface Rejection {
  readonly code: RejectionCode;
  readonly facts: RejectionFacts;
}

/** A value, or why there is none. */
export type Verdict<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly rejection: Rejection };

export function accept<Value>(value: Value): Verdict<Value> {
  return { ok: true, value };
}

export function refuse(
  code: RejectionCode,
  facts: RejectionFacts = {},
): { readonly ok: false; readonly rejection: Rejection } {
  return { ok: false, rejection: { code, facts } };
}

export function rejection(code: RejectionCode, facts: RejectionFacts = {}): Rejection {
  return { code, facts };
}

export function natureOf(code: RejectionCode): RejectionNature {
  return rejections[code].nature;
}

export function restsOnState(code: RejectionCode): boolean {
  return rejections[code].restsOn === 'state';
}

/** What a block that was refused with the code is guilty of. */
export function condemnedBy(code: RejectionCode): Condemned {
  return rejections[code].condemns;
}
