/** The serving side of vault/1 (exchange.ts tells its story): which envelopes a peer gets. Deny by default. */
import { CarechainError, type Clock, limits } from '../base/index.ts';
import type { Sealed } from '../ledger/index.ts';
import type { Breathe, Network } from '../network/index.ts';
import { checkEnvelope } from './envelope.ts';
import { bytesInAnswer, decodeRequest, encodeAnswer } from './exchange.ts';
import { checkStatement } from './hosting.ts';
import { sealedOf, type VaultLedger } from './known-records.ts';
import { mayRead } from './may-read.ts';
import type { Shelf } from './shelf.ts';

export interface AnsweringPorts {
  readonly node: Pick<VaultLedger, 'genesis' | 'state' | 'find'>;
  readonly network: Pick<Network, 'shun'>;
  readonly shelf: Shelf;
  readonly clock: Clock;
  /** The peer id of a node key, both in their text forms. */
  readonly peerIdOf: (nodeKeyHex: string) => string;
  /** A record that should be here is damaged. */
  readonly onDamaged: (sealed: Sealed, bytes: Uint8Array | undefined) => Promise<void>;
}

/** The answer to one request of the peer `from`, which breathes before each signature and each record. @throws CarechainError `bad-request`; the peer is shunned then. */
export async function answerRequest(
  message: Uint8Array,
  from: string,
  breathe: Breathe,
  ports: AnsweringPorts,
): Promise<Uint8Array> {
  const { network, shelf, onDamaged } = ports;
  const request = decodeRequest(message);
  if (request === null) {
    network.shun(from, 'bad-request');
    throw new CarechainError('bad-request', 'A peer asked for records in a way that is not of the protocol.');
  }
  const hosted = await membersHostedBy(from, request.statements, breathe, ports);
  const envelopes: Uint8Array[] = [];
  let answerBytes = bytesInAnswer(new Uint8Array());
  for (const id of hosted.length === 0 ? [] : new Set(request.records)) {
    await breathe();
    const sealed = readableRecord(id, hosted, ports);
    if (!sealed) continue;
    const bytes = shelf.envelope(id);
    // What the disk has bent must not make this node look like a liar.
    if (!bytes || checkEnvelope(bytes, sealed) === null) {
      await onDamaged(sealed, bytes);
      continue;
    }
    answerBytes += bytesInAnswer(bytes);
    if (answerBytes > limits.responseBytes) break;
    envelopes.push(bytes);
  }
  return encodeAnswer(envelopes);
}

/** What the ledger says of the record, if at least one of these members may read it. */
function readableRecord(id: string, members: readonly string[], { node, shelf }: AnsweringPorts): Sealed | undefined {
  const transactionId = shelf.transactionOf(id);
  const sealed = transactionId === undefined ? undefined : sealedOf(node, transactionId, id);
  if (sealed === undefined) return undefined;
  return members.some((member) => mayRead(sealed, member)) ? sealed : undefined;
}

/** The members whose statements hold and name the asking peer's own key. */
async function membersHostedBy(
  from: string,
  statements: readonly Uint8Array[],
  breathe: Breathe,
  { node, clock, peerIdOf }: AnsweringPorts,
): Promise<string[]> {
  const members = new Set<string>();
  for (const bytes of statements) {
    await breathe();
    const statement = checkStatement(bytes, { network: node.genesis.hash, state: node.state, now: clock.now() });
    if (statement !== null && peerIdOf(statement.nodeKey) === from) members.add(statement.member);
  }
  return [...members];
}
