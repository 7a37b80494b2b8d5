/** Mining, money and what waits. */
import type { Line } from '../printer.ts';
import { type Formatter, formatterOf, good, more, remark } from './formatter.ts';
import { paragraph, table } from './layout.ts';
import { count, kindWord, localTime, money, reasonWord, short, who } from './plain-words.ts';
import { whyWords } from './standing.ts';

interface Mined {
  readonly height: number;
  readonly hash: string;
  readonly transactions: number;
  readonly rewardsDue: readonly { readonly to: string; readonly amount: number; readonly reason: string | null }[];
}

interface PendingRow {
  readonly number?: number;
  readonly id: string;
  readonly kind: string;
  readonly author: string;
  readonly state: string;
  readonly to: string | null;
  readonly amount: number | null;
  readonly reason: string | null;
  readonly code?: string | null;
}

interface LostRow {
  readonly id: string;
  readonly kind: string;
  readonly author: string;
  readonly time: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly because: string | null;
}

function pendingState({ state, code = null }: PendingRow): string {
  if (state === 'due') return 'due, paid by the next block';
  return state === 'waiting' ? `waiting: ${whyWords(code)}` : 'waiting for a block';
}

/** What a row is about, in one line below it. */
function pendingDetail({ to, amount, reason }: PendingRow): string | null {
  return amount === null || to === null ? null : `${money(amount)} to ${who(to)} · ${reasonWord(reason)}`;
}

export const ledgerFormatters: Readonly<Record<string, Formatter>> = {
  mine: formatterOf<Mined>(({ height, hash, transactions, rewardsDue }) => [
    ...good(`Mined block #${height} with ${count(transactions, 'transaction')} · ${short(hash)}`),
    ...rewardsDue.map(({ to, amount, reason }) =>
      remark(`${money(amount)} now due to ${who(to)}: ${reasonWord(reason)}`),
    ),
    ...(rewardsDue.length > 0 ? [remark('The next block pays: `mine` once more.')] : []),
  ]),
  balances: formatterOf<{ balances: Readonly<Record<string, number>> }>(({ balances }) =>
    table(
      ['account', 'balance'],
      Object.entries(balances).map(([name, balance]) => [who(name), money(balance)]),
      { right: [1] },
    ),
  ),
  pending: formatterOf<{ transactions: readonly PendingRow[]; next?: number | null }>(
    ({ transactions, next = null }) => {
      if (transactions.length === 0) return ['Nothing is pending.'];
      return [
        ...transactions.flatMap((row, index): Line[] => {
          const detail = pendingDetail(row);
          const number = String(row.number ?? index + 1).padStart(3);
          return [
            `${number}  ${short(row.id)}  ${kindWord(row.kind)} by ${who(row.author)}`,
            ...(detail === null ? [] : paragraph(detail, '     ')),
            { text: `     ${pendingState(row)}`, tone: 'faint' },
          ];
        }),
        ...more('pending', next),
      ];
    },
  ),
  lost: formatterOf<{ transactions: readonly LostRow[]; next?: number | null }>(({ transactions, next = null }) => {
    if (transactions.length === 0) return ['✓ Nothing was lost.'];
    return [
      ...transactions.flatMap(({ id, kind, author, time, message, because }): Line[] => [
        `✗ ${short(id)}  ${kindWord(kind)} by ${who(author)} · ${localTime(time)}`,
        ...paragraph(message ?? 'It can no longer be confirmed.', '  '),
        ...(because === null ? [] : [remark(`because of ${short(because)}: see \`tx ${short(because)}\``)]),
      ]),
      ...more('lost', next),
    ];
  }),
};
