/**
 * Who stands at the door before anybody knows who it is. A socket costs its opener nothing and us a place, so a host gets
 * only so many places; of IPv6 all the addresses that it can choose from are one host. Where one opens more than it
 * finishes, its oldest unfinished one gives way: a handshake takes milliseconds, and whoever drags it out is not the one to
 * wait for.
 *
 * NOT guarded: a crowd that comes from many hosts at once.
 */
import type { MultiaddrConnection } from '@libp2p/interface';
import { hostOf } from './address.ts';
import { doorOf } from './address-range.ts';
import { networkLimits } from './network-limits.ts';

export interface Doorkeeper {
  /** Whether a socket that was just accepted may go on to its handshake. */
  admits(socket: MultiaddrConnection): boolean;
  /** Its handshake is over: it counts as a connection from here on. */
  finished(socket: MultiaddrConnection): void;
}

interface Host {
  readonly unfinished: Set<MultiaddrConnection>;
  readonly finished: Set<MultiaddrConnection>;
}

export function createDoorkeeper(): Doorkeeper {
  const hosts = new Map<string, Host>();

  return {
    admits(socket) {
      const name = doorOf(hostOf(socket.remoteAddr));
      const host = hosts.get(name) ?? { unfinished: new Set(), finished: new Set() };
      if (host.finished.size >= networkLimits.connectionsPerHost) return false;
      hosts.set(name, host);
      host.unfinished.add(socket);
      socket.addEventListener('close', () => {
        host.unfinished.delete(socket);
        host.finished.delete(socket);
        if (host.unfinished.size + host.finished.size === 0) hosts.delete(name);
      });
      if (host.unfinished.size > networkLimits.unfinishedPerHost) {
        const [oldest] = host.unfinished;
        oldest!.abort(new Error('Its handshake took too long, and others wait.'));
      }
      return true;
    },
    finished(socket) {
      const host = hosts.get(doorOf(hostOf(socket.remoteAddr)));
      if (host?.unfinished.delete(socket)) host.finished.add(socket);
    },
  };
}
