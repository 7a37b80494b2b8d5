/** The commands that are no actions, because only this edge has them: its help and its end. */
import { type Action, actions } from '../actions/index.ts';

export type CommandCard = Pick<Action, 'name' | 'summary' | 'usage' | 'example' | 'who'>;

export const edgeCommands = {
  help: {
    name: 'help',
    summary: 'list the commands, or explain one',
    usage: 'help [command]',
    example: 'help prescribe',
    who: 'anyone',
  },
  exit: { name: 'exit', summary: 'stop this node cleanly', usage: 'exit', example: 'exit', who: 'anyone' },
} as const satisfies Record<string, CommandCard>;

export const edgeCommandNames = Object.keys(edgeCommands);

/** What `help` answers: the cards of all commands, or of one. */
export function helpCards(topic: string | null): { commands: readonly CommandCard[] } {
  const others = actions.filter(({ name }) => !Object.hasOwn(edgeCommands, name));
  const cards = [...Object.values(edgeCommands), ...others.map(cardOf)];
  return { commands: topic === null ? cards : cards.filter(({ name }) => name === topic) };
}

function cardOf({ name, summary, usage, example, who }: CommandCard): CommandCard {
  return { name, summary, usage, example, who };
}
