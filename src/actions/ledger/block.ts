import { z } from 'zod';
import { defineAction, done } from '../action.ts';
import { isoTime, rowOf } from '../entries.ts';
import { flag, idText, page, pageOf } from '../inputs.ts';
import { resolveBlock } from '../resolve-id.ts';
import { shownBlock } from './block-rows.ts';

export const block = defineAction({
  name: 'block',
  summary: 'one block, by its height or the beginning of its hash',
  usage: 'block <height or hash> [--bytes] [--from <n>] [--count <n>]',
  example: 'block 5',
  who: 'anyone',
  input: z.strictObject({ id: idText, bytes: flag, ...page }),
  positional: ['id'],
  questions: [{ input: 'id', label: 'Height or hash', kind: 'text' }],
  signs: false,
  async run({ id, bytes, from, count }, context) {
    const { node } = context.carechain;
    const resolved = await resolveBlock(id, context);
    if (!resolved.ok) return resolved;
    const { hash, header, signature, entries, preimage } = shownBlock(node, resolved.result);
    const { rows, next } = pageOf(entries, { from, count });
    const isOnMainChain = header.height === 0 || node.hashAt(header.height) === hash;
    const result = {
      ...header,
      parentHash: header.parent,
      time: isoTime(header.time),
      hash,
      signature,
      isOnMainChain,
      confirmations: isOnMainChain ? node.head().height - header.height + 1 : 0,
      holders: isOnMainChain ? node.holders(header.height) : null,
      peers: node.peers().length,
      transactions: rows.map((entry) => rowOf(node, entry)),
      next,
    };
    return done(bytes ? { ...result, bytes: preimage() } : result);
  },
});
