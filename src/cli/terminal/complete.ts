/** What Tab completes: commands, options, and the ids and usernames that would fit next. */
import { type ActionContext, findAction } from '../../actions/index.ts';
import { dashed } from '../parse-command.ts';
import { commandNames } from '../request.ts';

/** More candidates than this help nobody. */
const mostIds = 20;

/** The candidates for the word under the cursor, and that word. */
export async function complete(line: string, context: ActionContext): Promise<[string[], string]> {
  const words = line.split(/[ \t]+/);
  const typed = words.at(-1) ?? '';
  if (words.length === 1) return [withBlank(commandNames().filter((name) => name.startsWith(typed))), typed];
  const command = (words[0] ?? '').toLowerCase().replaceAll('-', '_');
  if (command === 'help') return [withBlank(commandNames().filter((name) => name.startsWith(typed))), typed];
  const action = findAction(command);
  if (!action) return [[], typed];
  if (typed.startsWith('--')) {
    const given = new Set(words.slice(1, -1));
    const options = Object.keys(action.input.shape)
      .filter((key) => !isSecret(command, key))
      .map(dashed);
    return [withBlank(options.filter((option) => option.startsWith(typed) && !given.has(option))), typed];
  }
  const { node, keyFiles } = context.carechain;
  if (command === 'login') return [words.length > 2 ? [] : begins([...keyFiles.keys()], typed), typed];
  if (command === 'transfer')
    return [
      begins(
        node.genesis.members.map(({ username }) => username),
        typed,
      ),
      typed,
    ];
  return [withBlank(await ids(typed, context)), typed];
}

/** Ids of the last list; with 4 characters, of everything here. */
async function ids(typed: string, { carechain, session }: ActionContext): Promise<string[]> {
  const prefix = typed.toLowerCase();
  const listed = session.lastList.filter((id) => id.startsWith(prefix));
  if (prefix.length < 4 || !/^[0-9a-f-]+$/.test(prefix)) return typed === '' ? [] : listed;
  const { node } = carechain;
  const found = [...listed, ...(await node.findPatients(prefix, mostIds)), ...(await node.findIds(prefix, mostIds))];
  return [...new Set(found)];
}

function begins(names: readonly string[], typed: string): string[] {
  return withBlank(names.filter((name) => name.startsWith(typed)));
}

/** One candidate is taken whole, and the next word may follow. */
function withBlank(candidates: readonly string[]): string[] {
  return candidates.length === 1 ? [`${candidates[0]} `] : [...candidates];
}

function isSecret(command: string, key: string): boolean {
  return findAction(command)?.questions.some(({ input, kind }) => input === key && kind === 'password') ?? false;
}
