/** What `scrub` found, family by family, and what `scrub --heal` has made of it. */
import type { ScrubResult } from '../../actions/index.ts';
import type { Line } from '../printer.ts';
import { formatterOf, good, remark, warning } from './formatter.ts';
import { paragraph, table } from './layout.ts';
import { count, short } from './plain-words.ts';

/** Keys that are listed one by one; the rest is a number. */
const keysShown = 20;

export const formatScrub = formatterOf<ScrubResult>((result) => [
  ...healLines(result.heal),
  ...verdict(result),
  ...fileLines(result.files),
  ...table(
    ['family', 'values', 'damaged', 'missing'],
    result.families.map(({ family, values, damaged, missing }) => [
      family,
      values.toLocaleString('en'),
      damaged,
      missing,
    ]),
    { right: [1, 2, 3] },
  ),
]);

function verdict({ sound, height, tipHeight, failure, healed, waiting }: ScrubResult): Line[] {
  const reach = height === tipHeight ? `up to #${height}` : `only up to #${height} of #${tipHeight}`;
  if (sound) return good(`Everything that is stored is whole, ${reach}.`);
  const told = failure ? paragraph(failure.message, '  ') : [];
  const words = [
    ...(healed ? [remark(`${sum(healed)} healed.`)] : []),
    ...(waiting && sum(waiting) > 0
      ? [remark(`${count(sum(waiting), 'block')} when a peer is linked that has them.`)]
      : []),
  ];
  return [{ text: `✗ Damage was found; the chain is whole ${reach}.`, tone: 'bad' }, ...told, ...words];
}

function fileLines(files: ScrubResult['files']): Line[] {
  if (!files || files.checked === 0) return [];
  const lines = files.damaged.flatMap(({ file, damage }) => paragraph(`✗ ${file}: ${damage}`));
  return [remark(`${count(files.checked, 'file')} looked at, ${files.damaged.length} damaged.`), ...lines];
}

function healLines(heal: ScrubResult['heal']): Line[] {
  if (!heal) return [];
  const { height, heightBefore, kept, returned, unreadable, aside, damagedFiles } = heal;
  const shown = unreadable.slice(0, keysShown);
  return [
    ...good(`A new ledger was made up to #${height}; the damaged one is kept as ${aside}.`),
    ...(heightBefore > height ? warning(`#${height + 1} to #${heightBefore} must come from the peers.`) : []),
    ...(damagedFiles.length === 0 ? [] : warning(`Damaged files: ${damagedFiles.join(', ')}.`)),
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
