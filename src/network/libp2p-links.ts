/**
 * Which peers are linked. Two nodes that dial each other at once get two connections: that is one link, and the room above
 * hears of its first connection and of its last.
 *
 * A link stands and falls as one: where one of its connections goes, the others are closed. Gossipsub keeps its streams on
 * one of them, does not open them anew on another, and tells nobody that it has gone deaf.
 */
import type { Connection } from '@libp2p/interface';
import { hostAndPortOf } from './address.ts';
import { networkLimits } from './network-limits.ts';
import type { TransportEvents } from './transport.ts';

const closeMs = 500;

export interface Links {
  opened(connection: Connection): void;
  closed(connection: Connection): void;
  /** The connection of a link to send on: the oldest that is open. */
  connectionTo(peerId: string): Connection | undefined;
  /** The peer found at an address that was dialled, while that connection stands. */
  dialledAt(address: string): string | undefined;
  close(peerId: string): Promise<void>;
  closeAll(): Promise<void>;
}

export function createLinks(events: TransportEvents): Links {
  const links = new Map<string, Set<Connection>>();
  const all = () => [...links.values()].flatMap((connections) => [...connections]);
  const open = (peerId: string) => [...(links.get(peerId) ?? [])].filter(({ status }) => status === 'open');

  return {
    opened(connection) {
      if (connection.status !== 'open') return;
      const peerId = connection.remotePeer.toString();
      const connections = links.get(peerId) ?? new Set();
      const isFirst = connections.size === 0;
      // One too many is no part of the link, which stands without it.
      if (connections.size >= networkLimits.connectionsPerPeer) {
        connection.abort(new Error('The peer has connections enough.'));
        return;
      }
      connections.add(connection);
      links.set(peerId, connections);
      if (!isFirst) return;
      const dialled = connection.direction === 'outbound';
      events.connected({ peerId, address: hostAndPortOf(connection.remoteAddr), dialled });
    },
    closed(connection) {
      const peerId = connection.remotePeer.toString();
      const connections = links.get(peerId);
      if (connections === undefined || !connections.delete(connection)) return;
      for (const other of connections) void closeConnection(other);
      if (connections.size > 0) return;
      links.delete(peerId);
      events.disconnected(peerId);
    },
    connectionTo: (peerId) => open(peerId)[0],
    dialledAt: (address) =>
      all()
        .find(
          (one) => one.status === 'open' && one.direction === 'outbound' && hostAndPortOf(one.remoteAddr) === address,
        )
        ?.remotePeer.toString(),
    close: async (peerId) => void (await Promise.all([...(links.get(peerId) ?? [])].map(closeConnection))),
    closeAll: async () => void (await Promise.all(all().map(closeConnection))),
  };
}

/** Asks the other side nicely, and not for long. */
async function closeConnection(connection: Connection): Promise<void> {
  try {
    await connection.close({ signal: AbortSignal.timeout(closeMs) });
  } catch (error) {
    connection.abort(error as Error);
  }
  if (connection.status !== 'closed') connection.abort(new Error('The link was closed here.'));
}
