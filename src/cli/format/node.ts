/** This node, its links and its help. */
import type { Line } from '../printer.ts';
import { type Formatter, formatterOf, good, remark } from './formatter.ts';
import { pairs, table } from './layout.ts';
import { count, localTime, short } from './plain-words.ts';

interface Status {
  readonly network: string;
  readonly networkName?: string;
  readonly nodeId: string;
  readonly peerId?: string;
  readonly addresses?: readonly string[];
  readonly offline?: boolean;
  readonly height: number;
  readonly tipHash: string;
  readonly work: number;
  readonly peers: number;
  readonly pending: number;
  readonly user: string | null;
}

interface Peers {
  readonly peers: readonly {
    readonly peerId: string;
    readonly address: string;
    readonly nodeId: string | null;
    readonly height: number | null;
  }[];
  readonly configured: readonly {
    readonly address: string;
    readonly state: string;
    readonly lastSeen: string | null;
  }[];
  readonly offline?: boolean;
}

const linkWords: Readonly<Record<string, string>> = {
  connected: '✓ connected',
  dialling: '… dialling',
  waiting: '✗ not reached, dialled again',
  self: '– this node itself',
  'other-network': '✗ of another network',
  offline: '– offline',
};

function peerLines({ peers, configured, offline }: Peers): Line[] {
  const linked = peers.map(({ peerId, address, nodeId, height }) => [
    nodeId ?? 'unknown',
    address,
    height === null ? '–' : `#${height}`,
    peerId.length > 12 ? `…${peerId.slice(-8)}` : peerId,
  ]);
  return [
    ...(offline ? ['✗ This node is offline: `online` restores the links.'] : []),
    ...(linked.length === 0
      ? ['✗ Linked to nobody.']
      : table(['linked to', 'address', 'height', 'peer id'], linked, { most: { 0: 24, 1: 34 } })),
    ...(configured.length === 0 ? [] : ['']),
    ...table(
      ['configured', 'state', 'last seen'],
      configured.map(({ address, state, lastSeen }) => [address, linkWords[state] ?? state, localTime(lastSeen)]),
      { most: { 0: 32 } },
    ),
  ];
}

export const nodeFormatters: Readonly<Record<string, Formatter>> = {
  export: formatterOf<{ file: string; blocks: number; transactions: number }>(({ file, blocks, transactions }) =>
    good(`${count(blocks, 'block')} with ${count(transactions, 'transaction')} written to ${file}`),
  ),
  import: formatterOf<{ dataDir: string; height: number; transactions: number }>(({ dataDir, height, transactions }) =>
    good(`Every block up to #${height} holds; ${count(transactions, 'transaction')} imported into ${dataDir}`),
  ),
  status: formatterOf<Status>((status) =>
    pairs([
      ['network', `${status.networkName ? `${status.networkName} ` : ''}${short(status.network)}`],
      ['node', status.nodeId],
      ...(status.peerId ? [['peer id', status.peerId] as const] : []),
      ...(status.addresses ? [['listening', status.addresses.join(', ') || 'nowhere'] as const] : []),
      ['head', `#${status.height} ${short(status.tipHash)} · work ${status.work.toLocaleString('en')}`],
      ['peers', status.offline ? '✗ offline' : status.peers === 0 ? '✗ alone' : `✓ ${count(status.peers, 'peer')}`],
      ['pending', count(status.pending, 'entry', 'entries')],
      ['user', status.user ?? 'nobody'],
    ]),
  ),
  peers: formatterOf<Peers>(peerLines),
  sync: formatterOf<{ before: number; after: number; blocksFetched: number; peersAsked: number }>((report) => [
    ...good(
      report.before === report.after
        ? `In step at #${report.after}.`
        : `From #${report.before} to #${report.after}: ${count(report.blocksFetched, 'block')} fetched.`,
    ),
    remark(`${count(report.peersAsked, 'peer')} asked.`),
  ]),
  offline: formatterOf(() => good('Offline: all links are closed and refused. Work goes on; `online` restores them.')),
  online: formatterOf(() => good('Online again: the links are restored.')),
  exit: formatterOf(() => good('The node stops.')),
};
