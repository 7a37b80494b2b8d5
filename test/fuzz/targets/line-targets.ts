/** What people and programs type: bytes into lines, lines into words, words into the input of an action. */

import { actions } from '../../../src/actions/index.ts';
import { limits, utf8ToBytes } from '../../../src/base/index.ts';
import { type ByteLine, ByteLines } from '../../../src/cli/byte-lines.ts';
import { dashed } from '../../../src/cli/parse-command.ts';
import { commandNames, type ReadLine, readLine } from '../../../src/cli/request.ts';
import { isComment } from '../../../src/cli/words.ts';
import { type Target, target } from '../target.ts';

interface Typed {
  readonly lines: readonly ByteLine[];
  readonly read: readonly ReadLine[];
}

/** As far as a line goes before it meets a node. */
function typed(input: Uint8Array): Typed {
  const reader = new ByteLines();
  const half = input.length >> 1;
  const lines = [...reader.push(input.subarray(0, half)), ...reader.push(input.subarray(half)), ...reader.end()];
  const read = lines.flatMap((line) => (line.problem !== null || isComment(line.text) ? [] : [readLine(line.text)]));
  for (const { request } of read) {
    if (request.ok && request.result.kind === 'action') request.result.action.input.safeParse(request.result.input);
  }
  return { lines, read };
}

const options = actions.flatMap(({ input }) => Object.keys(input.shape).map(dashed));

export const lineTargets: readonly Target[] = [
  target<Typed>({
    name: 'command-line',
    shape: 'text',
    mostBytes: limits.lineBytes,
    longerAllowed: 'a line is bounded, and not how many of them come; each is looked at below',
    seeds: [...actions.map(({ example }) => example), '# a comment', 'help consult', "consult --notes='a b' --x"].map(
      utf8ToBytes,
    ),
    words: [...commandNames(), ...options, '--', '--=', '"', "'", '\\"', '\r', '--order-test=', "='"],
    decode: (input) => ({ value: typed(input) }),
    objection({ lines, read }) {
      for (const line of lines) {
        if (line.problem === null && !line.text.isWellFormed()) return 'a line is not well-formed';
        if (line.problem === null && Buffer.byteLength(line.text) > limits.lineBytes) return 'a line is too long';
      }
      for (const { request } of read) {
        if (!request.ok || request.result.kind !== 'action') continue;
        const { action, input } = request.result;
        if (Object.getPrototypeOf(input) !== Object.prototype) return 'the input is no plain map';
        if (Object.keys(input).some((key) => !Object.hasOwn(action.input.shape, key))) return 'an option is unknown';
      }
      return null;
    },
  }),
];
