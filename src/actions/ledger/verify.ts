import { z } from 'zod';
import type { Rejection } from '../../ledger/index.ts';
import { defineAction, done } from '../action.ts';
import { sentenceOf } from '../error-codes.ts';

/** Nothing is taken from the stored state: every signature, root, digest and balance is made again. */
export const verify = defineAction({
  name: 'verify',
  summary: 'check the whole chain again, from the genesis',
  usage: 'verify',
  example: 'verify',
  who: 'anyone',
  input: z.strictObject({}),
  positional: [],
  questions: [],
  signs: false,
  async run(_input, { carechain }) {
    const { height, checks, failure } = await carechain.node.verify();
    return done({ height, checks, failure: failure && { height: failure.height, ...told(failure.rejection) } });
  },
});

function told({ code, facts }: Rejection) {
  return { code, message: sentenceOf(code), facts };
}
