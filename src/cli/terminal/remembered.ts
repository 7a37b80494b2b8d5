/** Which lines the prompt remembers. A typed password is never one of them, also where the command was misspelled. */
import { findAction } from '../../actions/index.ts';
import { edgeCommandNames } from '../edge-commands.ts';
import { commandName } from '../parse-command.ts';

export function mayRemember(line: string): boolean {
  const words = line.trim().split(/[ \t]+/);
  const name = commandName(words[0] ?? '');
  const action = findAction(name);
  if (!action) return edgeCommandNames.includes(name);
  const secret = action.questions.some(({ kind }) => kind === 'password');
  return !secret || words.length <= 2;
}
