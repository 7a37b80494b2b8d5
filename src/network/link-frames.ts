/**
 * The frames of yamux, below all messages. Two things that the muxer does not do are done here. A frame that is none ends
 * the muxer and leaves its connection standing, deaf and dumb: it is cut. And a frame is held until all of it has come,
 * however long it says it is: one that is longer than any honest frame is not waited for.
 *
 * Frames travel inside the encrypted link, so nobody on the way can have bent them.
 */
import type { Connection } from '@libp2p/interface';
import { networkLimits } from './network-limits.ts';

/** What a connection has and its published type does not say. */
interface Muxer {
  readonly status: string;
  readonly decoder: { readonly buffer: { readonly byteLength: number } };
  onData(bytes: unknown): void;
}

/** What only another program sends. A pong that comes too late, or a window that was counted differently, is not of it. */
const violations: ReadonlySet<string> = new Set(['InvalidFrameError', 'InvalidParametersError']);

/** @param onViolation the peer broke the protocol; called at most once, and the connection is cut after it. */
export function watchFrames(connection: Connection, onViolation: () => void): void {
  const { muxer } = connection as unknown as { readonly muxer?: Muxer };
  if (muxer === undefined) return;
  const take = muxer.onData.bind(muxer);

  function cut(error: Error, isViolation: boolean): void {
    if (isViolation) onViolation();
    // Not in the middle of the data that is being handled.
    queueMicrotask(() => connection.abort(error));
  }

  muxer.onData = (bytes) => {
    if (muxer.status !== 'open') return;
    try {
      take(bytes);
    } catch (error) {
      cut(error as Error, violations.has((error as Error).name));
      throw error;
    }
    if (muxer.decoder.buffer.byteLength <= networkLimits.frameBytes) return;
    cut(new Error('A frame is longer than allowed.'), true);
  };
}
