/**
 * What is written to a socket in one turn of the event loop goes out together. libp2p writes each frame in two pieces of its
 * own, and on a busy node a call of the system for each of them costs more than encrypting them.
 */
import type { Socket } from 'node:net';
import type { MultiaddrConnection } from '@libp2p/interface';

/** What a socket over TCP has and its published type does not say. */
interface Writer {
  readonly socket: Pick<Socket, 'cork' | 'uncork'>;
  sendData(data: unknown): unknown;
}

export function corkWrites(connection: MultiaddrConnection): void {
  const writer = connection as unknown as Writer;
  const send = writer.sendData.bind(writer);
  let isCorked = false;
  writer.sendData = (data) => {
    if (!isCorked) {
      isCorked = true;
      writer.socket.cork();
      setImmediate(() => {
        isCorked = false;
        writer.socket.uncork();
      });
    }
    return send(data);
  };
}
