/**
 * Takes a port before anything is made on the disk, so that a node that cannot listen leaves no new folder behind. Whoever
 * calls meanwhile is hung up on. It is let go right before the node itself listens, so that also of two that start on one
 * port at the same moment the second finds out in time, but for the instant between letting go and listening.
 */
import { createServer } from 'node:net';
import { CarechainError } from '../base/index.ts';

export interface ReservedPort {
  release(): Promise<void>;
}

export interface ListeningAt {
  readonly host: string;
  /** 0 for any that is free. */
  readonly port: number;
}

/** @throws CarechainError `port-in-use` or `listen-failed`. */
export async function reservePort(at: ListeningAt): Promise<ReservedPort> {
  // As the transport does: `localhost` needs no name server.
  const host = at.host === 'localhost' ? '127.0.0.1' : at.host;
  const server = createServer((caller) => caller.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(listenFailure(error, at)));
    server.listen({ host, port: at.port, exclusive: true }, resolve);
  });
  // Nobody waits for it where the start ends in another way.
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** What it means that a node cannot listen. */
export function listenFailure(cause: unknown, { host, port }: ListeningAt): CarechainError {
  const isTaken = cause instanceof Error && cause.message.includes('EADDRINUSE');
  const sentence = isTaken
    ? `Port ${port} on ${host} is taken by another program, perhaps another carechain node. Stop it, or choose another port with --port.`
    : `This node cannot listen on ${host}, port ${port}. Choose an address of this machine and a port above 1023.`;
  return new CarechainError(isTaken ? 'port-in-use' : 'listen-failed', sentence, { host, port }, cause);
}
