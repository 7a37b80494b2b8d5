/**
 * Every code that an action or an edge can answer with, and what to say. Codes are stable: programs match them. The
 * rejection codes of the ledger are not here: they pass through unchanged, with the sentences of their own table.
 */
import { type Rejection, type Role, rejections } from '../ledger/index.ts';
import type { ActionError, Outcome } from './outcome.ts';

/** What is woven into a sentence. Never secrets, clinical text, or text that a peer sent. */
export type FailureFacts = Readonly<Record<string, string | number | null>>;

export interface ErrorRow {
  readonly sentence: string;
  readonly nextStep: string;
  /** The sentence with its facts, where it has any. */
  readonly tell?: (facts: FailureFacts) => string | undefined;
}

const seeLog = 'Look at the log of the node, and try again.';

function tellWhat({ what }: FailureFacts): string | undefined {
  return typeof what === 'string' ? what : undefined;
}

function row(sentence: string, nextStep: string, tell: ErrorRow['tell'] = tellWhat): ErrorRow {
  return { sentence, nextStep, tell };
}

const rows = {
  // What was typed.
  'unknown-command': row('There is no such command.', 'See `help`.'),
  'bad-line': row(
    'The line cannot be read.',
    'Send it as UTF-8 and with every quote closed; inside "…" a quote is \\".',
  ),
  'line-too-long': row('The line is longer than 64 KB and was dropped.', 'Send a shorter line.'),
  'missing-argument': row('An answer is missing.', 'Give it, as the usage says.'),
  'invalid-argument': row('An answer is not of the form that is expected.', 'Give it again.'),
  'ambiguous-id': row('More than one id begins like this.', 'Give more of its characters.'),
  'unknown-transaction': row(
    'No transaction here has this id.',
    'Give the full id, at least its first 4 characters, or a number from the last list; `sync` fetches what is missing.',
  ),
  'unknown-block': row(
    'No block here has this height or hash.',
    'Give a height up to that of `status`, or at least 4 characters of a hash.',
  ),
  'unknown-patient': row(
    'No patient with this id is registered.',
    'Give the full id, at least its first 4 characters, or a number from the last list; `find` searches by name.',
  ),
  'confirmation-needed': row('This must be confirmed.', 'Say it again with --yes.'),
  cancelled: row('Cancelled.', 'Nothing was signed; start again when you like.'),

  // Who is asking.
  'login-required': row('Nobody is logged in.', 'Log in first: login <username>.'),
  'login-failed': row(
    'Username and password do not fit.',
    'Check both; `members` lists who belongs to this network, and their key files must be on this node.',
  ),
  'key-file-not-of-member': row(
    'The keys in this file are not those of the member in the genesis.',
    'Take the key file that belongs to this network.',
  ),
  'cannot-host': row(
    'Records cannot be fetched for this user here.',
    'Log in with the key file that belongs to this network.',
  ),
  'wrong-sealing-key': row('These keys are not those of the reader.', 'Log in again with the right key file.'),
  'key-file-damaged': row('A key file cannot be used.', 'Take an undamaged copy of it.'),
  'wrong-role': row('This user may not do this.', 'Log in as a user of the right role.', ({ role }) =>
    typeof role === 'string' ? `This user is not ${withArticle(role as Role)}.` : undefined,
  ),

  // Care.
  'no-active-patient': row('No patient is active.', 'Choose one: set_patient <id>, or `find` by name.'),
  'no-open-order': row('No order is waiting for a result.', 'See `todo`; a doctor orders with consult --order-test.'),
  'nothing-to-fill': row('No prescription is waiting to be filled.', 'See `todo`, or `sync` with the other nodes.'),
  'already-filled': row(
    'This prescription was filled already.',
    'Do not dispense again; ask the doctor for a new prescription.',
  ),
  'record-on-its-way': row(
    'The text of this record has not arrived at this node yet.',
    'Wait until a node that holds it is linked, and try again.',
  ),
  'record-sealed': row('This record is sealed, and not for you.', 'Ask its author; `history` shows its readers.'),
  'record-unreadable': row('What the author sealed here is not a record.', 'Ask the author to write it again.'),
  'record-too-large': row('The text is longer than a record may be (64 KB).', 'Make it shorter.'),
  'too-many-readers': row('More members would have to read this record than one can be sealed for.', 'Ask an admin.'),
  'not-printable': row('Only a prescription or a result can be printed.', 'Give the id of one: see `history`.'),

  // Money.
  'insufficient-funds': row(
    'There is not enough to spend.',
    'Wait for income to be confirmed, or send less.',
    (facts) => ('balance' in facts ? `You can spend ${facts.balance}, not ${facts.amount}.` : undefined),
  ),

  // Chain and network.
  'nothing-to-mine': row(
    'Nothing is pending that a block could hold.',
    'Sign something first; `pending` shows what waits, and for what.',
  ),
  'mining-timed-out': row('No nonce was found in time.', 'Try again.'),
  'clock-skewed': row(
    'The clock of this machine is far from those of its peers, so it does not mine.',
    'Set the clock right.',
  ),
  'no-peers': row(
    'This node is linked to nobody.',
    'See `peers`; start with --peers host:port, or `online` if it is offline.',
  ),
  'dial-failed': row('The other node could not be reached.', 'Check that it runs and that the address is right.'),
  'dialled-self': row('The address leads to this node itself.', 'Give the address of another node.'),
  'request-failed': row('A peer did not answer.', 'Try again; another peer takes over where there is one.'),
  'bad-answer': row('A peer gave an answer that is not of the protocol.', 'Nothing: it is not asked for a while.'),

  // Start.
  'folder-in-use': row('Another process holds this data folder.', 'Stop it, or start with another --data-dir.'),
  'folder-unwritable': row('The data folder cannot be written.', 'Check its rights and the space on the disk.'),
  'folder-damaged': row(
    'The data folder is damaged.',
    'Stop the node and run carechain scrub --heal --data-dir <folder>; what is missing then comes from the peers.',
  ),
  'own-transaction-lost': row(
    'A transaction that was written at this node can no longer be read from its folder.',
    'Write it again, unless another node has it.',
  ),
  'note-lost': row(
    'Something that this node had noted for itself can no longer be read from its folder.',
    'The sentence says what; the chain is not concerned.',
  ),
  'folder-failed': row(
    'The data folder could not be read or written; nothing of the last write counts.',
    'Look at the disk (is it full?). When there is room again, the next write goes through.',
  ),
  'folder-closed': row('The data folder is closed: the node is stopping.', 'Start it again.'),
  'side-branch-too-large': row('Another branch is too large to be kept.', 'Start again with a new data folder.'),
  'folder-other-network': row('The data folder belongs to another network.', 'Start with another --data-dir.'),
  'folder-other-format': row('The data folder was written by another version.', 'Use that version of carechain.'),
  'port-in-use': row('Another process listens on this port.', 'Start with another --port.'),
  'listen-failed': row('The node cannot listen there.', 'Choose an address of this machine and a port above 1023.'),
  'not-loopback': row(
    'A node of the demo network dials this machine only.',
    'Start it with --expose-demo, or found a network.',
  ),
  'bad-peer-address': row('This is not the address of a node.', 'Give host:port or a multiaddr.'),
  'bad-genesis': row('The genesis file is not usable.', 'Ask whoever runs the network for a good copy.'),
  'demo-keys-refused': row(
    'This genesis lists keys of the demo, which everybody has.',
    'Make keys of your own for every member.',
  ),

  // Files.
  'file-exists': row('A file of this name is there already, and is not overwritten.', 'Give another name.'),
  'file-unwritable': row('The file cannot be written.', 'Check the folder, its rights and the space on the disk.'),
  'file-locked': row('Another process holds the file.', 'Try again.'),
  'registry-too-large': row(
    'The registry file is longer than 8 MB, so it is written and not read.',
    'Move its oldest rows to another file; names in sealed records are found all the same.',
  ),
  'file-unreadable': row('The file cannot be read.', 'Check its name and rights.'),

  'internal-error': row('Something went wrong inside carechain.', seeLog),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof rows;

export const errorCodes: Readonly<Record<ErrorCode, ErrorRow>> = rows;

/** A failure: the code, and one or two sentences that say what to do. `what` in the facts replaces the first one. */
export function failure(
  code: ErrorCode,
  facts: FailureFacts = {},
): { readonly ok: false; readonly error: ActionError } {
  const { sentence, nextStep, tell }: ErrorRow = errorCodes[code];
  return { ok: false, error: { code, message: `${tell?.(facts) ?? sentence} ${nextStep}` } };
}

/** What the ledger says against a transaction, as the answer of an action. */
export function refusal({ code, facts }: Rejection): Outcome<never> {
  if (code === 'spends-more-than-balance') {
    return failure('insufficient-funds', { balance: Number(facts.balance), amount: Number(facts.amount) });
  }
  return { ok: false, error: { code, message: sentenceOf(code) } };
}

/** What to tell people of a rejection. */
export function sentenceOf(code: Rejection['code']): string {
  const { sentence, nextStep } = rejections[code];
  return `${sentence} ${nextStep}`;
}

function withArticle(role: Role): string {
  return role === 'admin' ? 'an admin' : `a ${role}`;
}
