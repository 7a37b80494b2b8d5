/** What `scrub` found, family by family, and what `scrub --heal` has made of it. */
import type { ScrubResult } from '../../actions/index.ts';
import type { Line } from '../printer.ts';
import { formatterOf, good, remark, warning } from './formatter.ts';
import { paragraph, table } from './layout.ts';
import { count, localTime, short } from './plain-words.ts';

/** Keys that are listed one by one; the rest is a number. */
const keysShown = 20;

/** What the values of a family are: see storage/keys.ts. */
const familyMeanings: Readonly<Record<string, string>> = {
  meta: 'which network, which format',
  tip: 'the last block',
  block: 'blocks',
  header: 'their headers',
  height: 'which block has which height',
  undo: 'what takes a block back',
  rewards: 'what a block paid',
  state: 'members, balances, open things',
  patient: "patients' histories",
  'open-order': 'orders without a result',
  'open-prescription': 'prescriptions to fill',
  authored: 'who signed what',
  side: 'blocks of other branches',
  outbox: 'written here, in no block yet',
  own: 'what was written here',
  lost: 'what became impossible',
  reorg: 'forks that were seen',
  equivocation: 'nodes that sealed a height twice',
  cursor: 'how far records are followed',
  record: 'sealed records',
  hosting: 'who has logged in here',
};

export const formatScrub = formatterOf<ScrubResult>((result) => [
  ...healLines(result.heal),
  ...verdict(result),
  ...fileLines(result),
  ...table(
    ['family', 'values', 'damaged', 'missing', ''],
    result.families
      .filter(({ values, damaged, missing }) => values + damaged + missing > 0)
      .map(({ family, values, damaged, missing }) => [
        family,
        values.toLocaleString('en'),
        damaged,
        missing,
        familyMeanings[family] ?? '',
      ]),
    { right: [1, 2, 3], most: { 0: 18 } },
  ),
]);

function verdict({ sound, height, tipHeight, failure, healed, waiting }: ScrubResult): Line[] {
  const reach = height === tipHeight ? `up to #${height}` : `only up to #${height} of #${tipHeight}`;
  if (sound) return good(`Everything that is stored is whole, ${reach}.`);
  if (failure === null) return warning(`Damage was found, and all of it is healed: ${words(healed ?? {})}.`);
  const rest = [
    ...(healed && sum(healed) > 0 ? [remark(`Healed: ${words(healed)}.`)] : []),
    ...(waiting && sum(waiting) > 0
      ? [remark(`Waiting for a peer that has ${sum(waiting) === 1 ? 'it' : 'them'}: ${words(waiting)}.`)]
      : []),
  ];
  const found: Line = { text: `✗ Damage was found; the chain is whole ${reach}.`, tone: 'bad' };
  return [found, ...rest, ...paragraph(failure.message, '  ')];
}

/** `--last` tells of a round that may be hours old, so the time is told too. */
function fileLines({ time, files }: ScrubResult): Line[] {
  if (!files || files.checked === 0) return [remark(`Looked at on ${localTime(time)}.`)];
  const lines = files.damaged.flatMap(({ file, damage }) => paragraph(`✗ ${file}: ${damage}`, '  '));
  return [
    remark(`Looked at on ${localTime(time)}: ${count(files.checked, 'file')}, ${files.damaged.length} damaged.`),
    ...lines,
  ];
}

function healLines(heal: ScrubResult['heal']): Line[] {
  if (!heal) return [];
  const { height, heightBefore, kept, returned, unreadable, aside, damagedFiles } = heal;
  const shown = unreadable.slice(0, keysShown);
  return [
    ...good(`A new ledger was made up to #${height}; the one before it is kept as ${aside}.`),
    ...(heightBefore > height ? warning(`#${height + 1} to #${heightBefore} must come from the peers.`) : []),
    ...(damagedFiles.length === 0
      ? []
      : warning(
          `Damaged files: ${damagedFiles.join(', ')}. What could not be read of them comes from the peers, but for what only this node had; the files cannot tell what that was.`,
        )),
    remark(`Taken over beside the chain: ${words(kept)}.`),
    ...(returned.length === 0 ? [] : [remark(`Waiting for a block again: ${returned.map(short).join(', ')}.`)]),
    ...(unreadable.length === 0 ? [] : warning(`${count(unreadable.length, 'value')} could not be read:`)),
    ...shown.flatMap((key) => paragraph(key, '    ')),
    ...(shown.length < unreadable.length ? [remark(`and ${unreadable.length - shown.length} more: see --json`)] : []),
  ];
}

function words(counts: Readonly<Record<string, number>>): string {
  const each = Object.entries(counts).map(([family, values]) => `${family} ${values.toLocaleString('en')}`);
  return each.join(', ') || 'nothing';
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, values) => total + values, 0);
}
