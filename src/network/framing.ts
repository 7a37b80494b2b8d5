/**
 * One request, one answer, on one libp2p stream of its own.
 *
 *   frame = length (4 bytes, big-endian) ‖ that many bytes
 *
 * The asker sends one frame, the other side one frame back. Nothing is read past the length that the reader allows, so
 * neither side can make the other hold more. A side that will not answer resets the stream; the link stays.
 */
import type { Stream } from '@libp2p/interface';
import { CarechainError } from '../base/index.ts';

const headerBytes = 4;
const chunkBytes = 65_536;

/** @throws Error where the stream ends or is reset first, the frame is longer than `mostBytes`, or `signal` aborts. */
export function readFrame(stream: Stream, mostBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let received = 0;
    let expected: number | null = null;

    const onMessage = ({ data }: { data: { subarray(): Uint8Array } }) => {
      const chunk = data.subarray();
      chunks.push(chunk);
      received += chunk.length;
      if (expected === null && received >= headerBytes) {
        expected = Buffer.concat(chunks, headerBytes).readUInt32BE();
        if (expected > mostBytes) return finish(refused('frame-too-long', 'The frame is longer than allowed.'));
      }
      if (expected === null || received < headerBytes + expected) return;
      if (received > headerBytes + expected) return finish(refused('frame-too-long', 'Bytes follow the frame.'));
      finish(null);
    };
    const onEnd = () => {
      // The last bytes may still be in the read buffer: they are dispatched in a microtask of their own.
      setImmediate(() => finish(refused('stream-ended', 'The stream has ended early.')));
    };
    const onClose = ({ error }: { error?: Error }) => (error === undefined ? onEnd() : finish(error));
    const onAbort = () => finish(refused('timed-out', 'It took too long.'));

    function finish(error: Error | null) {
      stream.removeEventListener('message', onMessage);
      stream.removeEventListener('close', onClose);
      stream.removeEventListener('end', onEnd);
      signal.removeEventListener('abort', onAbort);
      if (error !== null) return reject(error);
      resolve(new Uint8Array(Buffer.concat(chunks).subarray(headerBytes)));
    }

    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort);
    stream.addEventListener('close', onClose);
    stream.addEventListener('end', onEnd);
    stream.addEventListener('message', onMessage);
    if (stream.status !== 'open' && stream.readBufferLength === 0) onEnd();
  });
}

/** Hands a frame to the stream piece by piece, so that a slow reader holds back the writer and not our memory. */
export async function writeFrame(stream: Stream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32BE(bytes.length);
  stream.send(new Uint8Array(header));
  for (let offset = 0; offset < bytes.length; offset += chunkBytes) {
    if (!stream.send(bytes.subarray(offset, offset + chunkBytes))) await stream.onDrain({ signal });
    signal.throwIfAborted();
  }
}

function refused(code: string, message: string): CarechainError {
  return new CarechainError(code, message);
}
