/** What happens at the node while nobody asks: one JSON object for programs, one line for people. */
import type { Carechain } from '../actions/index.ts';
import { rejections } from '../ledger/index.ts';
import type { FamilyCounts, NodeEvents } from '../node/index.ts';
import { clockTime, count, kindWord, short } from './format/plain-words.ts';
import type { Line } from './printer.ts';

export interface EdgeEvent {
  readonly json: { readonly event: string } & Readonly<Record<string, unknown>>;
  /** Null where a person would not care. */
  readonly line: Line | null;
  /** This node itself brought it about: the answer of the command has said it already. */
  readonly own: boolean;
}

type Mapped = { readonly [Name in keyof NodeEvents]?: (...facts: NodeEvents[Name]) => EdgeEvent };

/** Tells every event from now on. @returns what stops that. */
export function watchEvents({ node, vault }: Carechain, tell: (event: EdgeEvent) => void): () => void {
  const names = new Map<string, string>();
  const stops = [
    node.on('transaction', (facts) => tell(nodeEvents.transaction(facts))),
    node.on('block', (facts) => tell(nodeEvents.block(facts))),
    node.on('reorg', (facts) => tell(nodeEvents.reorg(facts))),
    node.on('peer', (facts) => {
      // A link that is gone says its address only; people know the node by its name.
      if (facts.nodeId !== null) names.set(facts.peerId, facts.nodeId);
      const nodeId = facts.nodeId ?? names.get(facts.peerId) ?? null;
      if (facts.state === 'disconnected') names.delete(facts.peerId);
      const event = nodeEvents.peer({ ...facts, nodeId });
      // Nobody is dialled while the node is offline, so a link that goes is not news.
      tell(node.isOffline() ? { ...event, line: null } : event);
    }),
    node.on('conflict', (facts) => tell(nodeEvents.conflict(facts))),
    node.on('caughtUp', (facts) => tell(nodeEvents.caughtUp(facts))),
    node.on('alone', (facts) => tell(nodeEvents.alone(facts))),
    node.on('scrub', (facts) => tell(nodeEvents.scrub(facts))),
    node.on('error', (facts) => tell(nodeEvents.error(facts))),
    vault.on('record', ({ transactionId }) => tell(recordEvent(transactionId))),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

export const nodeEvents = {
  transaction: ({ id, kind, own }) => ({
    json: { event: 'transaction', id, kind },
    line: { text: `+ ${kindWord(kind)} ${short(id)} is pending`, tone: 'faint' },
    own,
  }),
  block: ({ hash, height, miner, transactions, own, minedHere }) => ({
    json: { event: 'block', height, hash, miner, transactions, own },
    line: {
      text: `■ block #${height} ${short(hash)} with ${count(transactions, 'transaction')}${own.length > 0 ? `, ${own.length} of yours` : ''}`,
      tone: 'faint',
    },
    own: minedHere,
  }),
  reorg: ({ ancestorHeight, removed, added, returned, lost }) => ({
    json: { event: 'reorg', ancestorHeight, removed, added, returned, lost },
    line: warning(
      `! another branch won after #${ancestorHeight}: ${count(removed.length, 'block')} out, ${added.length} in; ` +
        `${returned.length} pending again, ${lost.length} lost: see \`reorgs\``,
    ),
    own: false,
  }),
  peer: ({ peerId, address, nodeId, state }) => ({
    json: { event: 'peer', peerId: peerId || null, address: address || null, state },
    line: peerLine(nodeId === null ? address || peerId : address === '' ? nodeId : `${nodeId} (${address})`, state),
    own: false,
  }),
  conflict: ({ id, rejection }) => ({
    json: { event: 'conflict', id, code: rejection.code },
    line: warning(`✗ ${short(id)} is lost: ${rejections[rejection.code].sentence} See \`lost\`.`),
    own: false,
  }),
  caughtUp: ({ blocks, confirmed, lost }) => ({
    json: { event: 'caught-up', blocks, confirmed, lost },
    line:
      `✓ caught up ${count(blocks, 'block')}; ${confirmed} of your entries confirmed` +
      (lost > 0 ? `; ${lost} lost: see \`lost\`` : ''),
    own: false,
  }),
  alone: ({ since, waiting }) => ({
    json: { event: 'alone', since: new Date(since).toISOString(), waiting },
    line: warning(aloneSentence(since, waiting)),
    own: false,
  }),
  scrub: ({ found, healed, waiting }) => ({
    json: { event: 'scrub', found, healed, waiting },
    line: warning(scrubSentence(found, healed, waiting)),
    own: false,
  }),
  error: ({ code, message }) => ({
    json: { event: 'error', code, message },
    line: { text: `✗ ${message}`, tone: 'bad' },
    own: false,
  }),
} as const satisfies Mapped;

export function recordEvent(transactionId: string): EdgeEvent {
  return {
    json: { event: 'record', transactionId },
    line: { text: `+ the text of ${short(transactionId)} has arrived`, tone: 'faint' },
    own: false,
  };
}

export function aloneSentence(since: number, waiting: number): string {
  return `! alone since ${clockTime(since)}, ${count(waiting, 'entry', 'entries')} waiting`;
}

function scrubSentence(found: FamilyCounts, healed: FamilyCounts, waiting: FamilyCounts): string {
  const words = Object.entries(found).map(([family, values]) => `${family} ${values}`);
  const left = total(found) - total(healed) - total(waiting);
  const notYet = total(waiting) === 0 ? '' : `, ${total(waiting)} when a peer is linked that has them`;
  const never = left === 0 ? '' : `, ${left} not: see \`scrub\``;
  return `! damage in the data folder (${words.join(', ')}): ${total(healed)} healed${notYet}${never}`;
}

function total(counts: FamilyCounts): number {
  return Object.values(counts).reduce((sum, values) => sum + values, 0);
}

function peerLine(name: string, state: NodeEvents['peer'][0]['state']): Line {
  if (state === 'connected') return `✓ connected to ${name}`;
  if (state === 'disconnected') return warning(`✗ lost the link to ${name}; it is dialled again`);
  if (state === 'other-network') return warning(`✗ ${name} belongs to another network and was turned away`);
  return warning(`✗ ${name} broke the rules of the network and is refused for a while`);
}

function warning(text: string): Line {
  return { text, tone: 'warning' };
}
