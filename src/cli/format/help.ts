/** `help`: the commands by who may run them; `help <command>`: its usage and an example. In the words of the actions. */

import type { CommandCard } from '../edge-commands.ts';
import type { Line } from '../printer.ts';
import { formatterOf, remark } from './formatter.ts';
import { pairs, paragraph } from './layout.ts';

interface Group {
  readonly title: string;
  readonly holds: (who: CommandCard['who']) => boolean;
}

const groups: readonly Group[] = [
  { title: 'Without login', holds: (who) => who === 'anyone' },
  { title: 'Any login', holds: (who) => who === 'member' },
  { title: 'Doctor', holds: (who) => isOnly(who, 'doctor') },
  { title: 'Lab', holds: (who) => isOnly(who, 'lab') },
  { title: 'Pharmacy', holds: (who) => isOnly(who, 'pharmacy') },
];

const rest: Group = { title: 'Several roles', holds: (who) => !groups.some(({ holds }) => holds(who)) };

function isOnly(who: CommandCard['who'], role: string): boolean {
  return typeof who !== 'string' && who.length === 1 && who[0] === role;
}

export function whoWords(who: CommandCard['who']): string {
  if (who === 'anyone') return 'anyone at the node';
  return who === 'member' ? 'any login' : who.join(', ');
}

export const formatHelp = formatterOf<{ commands: readonly CommandCard[] }>(({ commands }) => {
  const [only] = commands;
  if (only && commands.length === 1) return cardLines(only);
  const width = Math.max(0, ...commands.map(({ name }) => name.length));
  const lines = [...groups, rest].flatMap(({ title, holds }): Line[] => {
    const cards = commands.filter(({ who }) => holds(who));
    if (cards.length === 0) return [];
    const rows = cards.map(({ name, summary }) => [name.padEnd(width), summary] as const);
    return [{ text: title, tone: 'heading' }, ...pairs(rows, 2)];
  });
  return [...lines, remark('`help <command>` shows its usage and an example.')];
});

function cardLines({ name, summary, usage, example, who }: CommandCard): Line[] {
  return [
    ...paragraph(`${name}: ${summary}`),
    ...pairs(
      [
        ['usage', usage],
        ['example', example],
        ['who', whoWords(who)],
      ],
      2,
    ),
  ];
}
