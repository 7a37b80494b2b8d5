/** Answers as people read them. A command without a formatter of its own is shown as its fields. */
import type { ActionError } from '../../actions/index.ts';
import type { Answer } from '../answer.ts';
import type { Line } from '../printer.ts';
import { careFormatters } from './care.ts';
import { chainFormatters } from './chain.ts';
import { detailFormatters } from './details.ts';
import type { Formatter } from './formatter.ts';
import { formatHelp } from './help.ts';
import { pairs, screenColumns, wrap } from './layout.ts';
import { ledgerFormatters } from './ledger.ts';
import { nodeFormatters } from './node.ts';
import { peopleFormatters } from './people.ts';
import { valueWords } from './record-words.ts';
import { recordFormatters } from './records.ts';
import { formatScrub } from './scrub.ts';

export const formatters: Readonly<Record<string, Formatter>> = {
  help: formatHelp,
  ...peopleFormatters,
  ...careFormatters,
  ...recordFormatters,
  ...ledgerFormatters,
  ...chainFormatters,
  ...detailFormatters,
  ...nodeFormatters,
  scrub: formatScrub,
};

export function formatAnswer(answer: Answer): Line[] {
  return drawnAnswer(answer).flatMap(withinScreen);
}

function drawnAnswer(answer: Answer): Line[] {
  if (!answer.ok) return formatError(answer.error);
  const { command, result } = answer;
  const format = command !== null && Object.hasOwn(formatters, command) ? formatters[command] : undefined;
  return format ? format(result) : fields(result);
}

/** A line that a long name made too long goes on below. One without a blank is bytes, to be cut out whole. */
function withinScreen(line: Line): Line[] {
  const { text, tone } = typeof line === 'string' ? { text: line, tone: 'plain' as const } : line;
  if (text.length <= screenColumns || !text.trim().includes(' ')) return [line];
  const margin = ' '.repeat(text.length - text.trimStart().length);
  const [first = '', ...more] = wrap(text.trimStart(), screenColumns - margin.length - 2);
  return [`${margin}${first}`, ...more.map((part) => `${margin}  ${part}`)].map((part) => ({ text: part, tone }));
}

/** `✗` and what went wrong, then what to do: the message says both. */
export function formatError({ message }: ActionError): Line[] {
  const [first = '', ...more] = wrap(`✗ ${message}`, screenColumns - 2);
  return [{ text: first, tone: 'bad' }, ...more.map((line) => `  ${line}`)];
}

function fields(result: unknown): Line[] {
  if (typeof result !== 'object' || result === null) return [valueWords(result)];
  return pairs(Object.entries(result).map(([name, value]) => [name, valueWords(value)]));
}
