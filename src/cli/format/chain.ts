/** The chain, drawn: each block names the hash of the one before it, and that is what holds it together. */
import type { Line } from '../printer.ts';
import { type Formatter, formatterOf, good, more, remark, warning } from './formatter.ts';
import { paragraph, table } from './layout.ts';
import { count, kindWord, localTime, short, who } from './plain-words.ts';
import { whyWords } from './standing.ts';

interface ChainBlock {
  readonly height: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly miner: string;
  readonly time: string;
  readonly transactions: readonly { readonly id: string; readonly kind: string; readonly author: string }[];
  readonly bytes?: string;
}

interface Reorg {
  readonly time: string;
  readonly ancestorHeight: number;
  readonly ancestorHash?: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
  /** Of the lists, which may be cut. */
  readonly counts: Readonly<Record<'removed' | 'added' | 'returned' | 'lost', number>>;
}

interface Equivocation {
  readonly time: string;
  readonly height: number;
  readonly miner: string;
  readonly hashes: readonly string[];
}

interface Forks {
  readonly reorgs: readonly Reorg[];
  readonly equivocations: readonly Equivocation[];
  readonly next: number | null;
}

interface Verified {
  readonly height: number;
  readonly checks: readonly { readonly name: string; readonly count: number }[];
  readonly failure: { readonly height: number; readonly code: string; readonly message?: string } | null;
}

/** Transactions of one block that are listed; the others are counted. */
const mostListed = 12;

function blockLines(block: ChainBlock, before: ChainBlock | undefined): Line[] {
  const { height, hash, parentHash, miner, time, transactions, bytes } = block;
  if (height === 0) return [{ text: `■ #0  ${short(hash)}  ${localTime(time)}  genesis`, tone: 'heading' }];
  const link = !before
    ? `${short(parentHash)}`
    : before.hash === parentHash
      ? `hash of #${before.height} ✓`
      : `${short(parentHash)} ✗ not the hash of #${before.height}`;
  const listed = transactions.slice(0, mostListed);
  return [
    { text: '│', tone: 'faint' },
    { text: `■ #${height}  ${short(hash)}  ${localTime(time)}  signed by node ${short(miner)}`, tone: 'heading' },
    `│   parent = ${link}`,
    ...listed.map(({ id, kind, author }) => `│   ${short(id)}  ${kindWord(kind)} by ${who(author)}`),
    ...(transactions.length > mostListed
      ? [`│   … and ${count(transactions.length - mostListed, 'more transaction')}: see \`block ${height}\``]
      : []),
    ...(bytes === undefined ? [] : [bytes]),
  ];
}

/** `■ 5566aabb ─ ■ 77889900 ─ … 3 more`. */
function branch(hashes: readonly string[], all: number): string {
  const shown = hashes.slice(0, 3).map((hash) => `■ ${short(hash)}`);
  const hidden = all - shown.length;
  return [...shown, ...(hidden > 0 ? [`… ${hidden} more`] : [])].join(' ─ ');
}

function forkLines({ time, ancestorHeight, ancestorHash, removed, added, counts }: Reorg): Line[] {
  const { returned, lost } = counts;
  const root = `■ #${ancestorHeight}${ancestorHash ? ` ${short(ancestorHash)}` : ''} `;
  return [
    { text: `${localTime(time)}  another branch won after #${ancestorHeight}`, tone: 'heading' },
    `${root}─┬─ ${branch(removed, counts.removed)}  ✗ left`,
    `${' '.repeat(root.length)} └─ ${branch(added, counts.added)}  ✓ won`,
    remark(`${count(returned, 'entry', 'entries')} pending again, ${lost} lost${lost > 0 ? ': see `lost`' : ''}`),
  ];
}

/** What was seen is told, and that it need not be a lie: nobody can tell the two apart. */
function equivocationLines(equivocations: readonly Equivocation[]): Line[] {
  const lines = equivocations.flatMap(({ time, height, miner, hashes }): Line[] => [
    { text: `${localTime(time)}  node ${short(miner)} sealed two blocks at #${height}`, tone: 'heading' },
    hashes.map((hash) => `■ #${height} ${short(hash)}`).join('   '),
  ]);
  const why = 'One node key runs in two places, a folder was put back to an earlier day, or its owner lies.';
  return lines.length === 0 ? [] : [...lines, ...warning(why)];
}

export const chainFormatters: Readonly<Record<string, Formatter>> = {
  chain: formatterOf<{ blocks: readonly ChainBlock[]; next: number | null }>(({ blocks, next }) => [
    ...(blocks.length === 0 ? ['No block from there on.'] : []),
    ...blocks.flatMap((block, index) => blockLines(block, blocks[index - 1])),
    ...more('chain', next),
  ]),
  reorgs: formatterOf<Forks>(({ reorgs, equivocations, next }) => [
    ...(reorgs.length === 0 ? ['✓ This node has seen no fork.'] : []),
    ...reorgs.flatMap(forkLines),
    ...equivocationLines(equivocations),
    ...more('reorgs', next),
  ]),
  verify: formatterOf<Verified>(({ height, checks, failure }) => [
    ...(failure === null
      ? good(`Everything holds, from the genesis to #${height}.`)
      : [
          { text: `✗ Block #${failure.height} fails the check ${failure.code}.`, tone: 'bad' as const },
          ...paragraph(failure.message ?? whyWords(failure.code), '  '),
          remark(`Everything before it holds, up to #${height}.`),
        ]),
    ...table(
      ['refused otherwise as', 'checked'],
      checks.map(({ name, count: passed }) => [name, passed.toLocaleString('en')]),
      { right: [1] },
    ),
  ]),
  recalc_balances: formatterOf<{
    equal: boolean;
    repaired: readonly { readonly key: string; readonly stored: string; readonly replayed: string }[];
  }>(({ equal, repaired }) =>
    equal
      ? good('The replay of the whole chain equals what is stored.')
      : [
          {
            text: `✗ ${count(repaired.length, 'value')} differed and ${repaired.length === 1 ? 'was' : 'were'} mended.`,
            tone: 'warning',
          },
          ...repaired.flatMap(({ key, stored, replayed }) =>
            paragraph(`${key}: stored ${stored}, replayed ${replayed}`, '  '),
          ),
        ],
  ),
};
