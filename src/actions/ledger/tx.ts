import { z } from 'zod';
import { toHex } from '../../base/index.ts';
import { patientOf, readMember, recordsOf, type Transaction } from '../../ledger/index.ts';
import type { Entry, LedgerNode } from '../../node/index.ts';
import { defineAction, done } from '../action.ts';
import { isoTime, rowOf, standingOf } from '../entries.ts';
import { sentenceOf } from '../error-codes.ts';
import { flag, idText } from '../inputs.ts';
import { nameOf } from '../members.ts';
import { resolveTransaction } from '../resolve-id.ts';
import { entryPreimage } from './preimages.ts';

/** What waits counts as pending; its code says what it waits for. */
export const tx = defineAction({
  name: 'tx',
  summary: 'one transaction: its fields, its signature and where it stands',
  usage: 'tx <id> [--bytes]',
  example: 'tx 3f2a91',
  who: 'anyone',
  input: z.strictObject({ id: idText, bytes: flag }),
  positional: ['id'],
  questions: [{ input: 'id', label: 'Transaction', kind: 'text' }],
  signs: false,
  async run({ id, bytes }, context) {
    const { node } = context.carechain;
    const resolved = await resolveTransaction(id, context);
    if (!resolved.ok) return resolved;
    const { entry, where, own } = node.find(resolved.result)!;
    const { kind, author } = rowOf(node, entry);
    const standing = standingOf(node, where);
    const result = {
      ...standing,
      id: resolved.result,
      kind,
      author,
      ...signatureOf(node, entry),
      fields: fieldsOf(node, entry),
      state: where.state === 'waiting' ? 'pending' : where.state,
      position: where.state === 'confirmed' ? where.position : null,
      blockHash: where.state === 'confirmed' ? where.blockHash : null,
      blockTime: where.state === 'confirmed' ? isoTime(where.blockTime) : null,
      message: 'rejection' in where ? sentenceOf(where.rejection.code) : null,
      own,
    };
    return done(bytes ? { ...result, bytes: entryPreimage(entry, node.genesis.hash) } : result);
  },
});

/** Nobody signs a reward, and it has no time of its own. */
function signatureOf(node: LedgerNode, entry: Entry) {
  if (entry.type === 'reward') return { authorKey: null, time: null, nonce: null, signature: null };
  const { body, signature } = entry.transaction;
  const authorKey = readMember(node.state, body.author)?.signingKey ?? null;
  return { authorKey, time: isoTime(body.time), nonce: body.nonce, signature: toHex(signature) };
}

function fieldsOf(node: LedgerNode, entry: Entry) {
  if (entry.type === 'transaction') return transactionFields(node, entry.transaction);
  const { rule, cause, from, to, amount } = entry.reward;
  return { rule, cause, from: nameOf(node, from), to: nameOf(node, to), amount, reason: rule };
}

/** The fields of its kind, members by username. */
function transactionFields(node: LedgerNode, { body }: Transaction) {
  const {
    network: _network,
    kind: _kind,
    author: _author,
    time: _time,
    nonce: _nonce,
    records: _records,
    ...own
  } = body;
  const records = Object.fromEntries(
    Object.entries(recordsOf(body)).map(([slot, { commitment, readers }]) => [
      slot,
      { commitment, readers: readers.map((reader) => nameOf(node, reader)) },
    ]),
  );
  const patient = patientOf(body, node.pendingState) ?? null;
  return { patient, ...own, ...('to' in own ? { to: nameOf(node, own.to) } : {}), records };
}
