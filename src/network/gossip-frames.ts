/**
 * The frames of gossipsub. What cannot be decoded it would only note in its debug log, and go on; after a frame that is too
 * long it never reads the stream again, and tells nobody. Here the first is held against the peer, and after the second
 * its link is cut, so that it can be made anew. And what a peer asks for in a frame, to be left alone for so many seconds, it
 * would remember for as long, of peers that have gone too; here that has a bound.
 */
import type { GossipSub } from '@libp2p/gossipsub';
import type { PeerId } from '@libp2p/interface';
import { networkLimits } from './network-limits.ts';
import { hasMoreFields, type MessageShape } from './protobuf-fields.ts';

/** What gossipsub has and its published type does not say. */
interface Inside {
  decodeRpc(bytes: Uint8Array): unknown;
  pipePeerReadStream(peerId: PeerId, frames: AsyncIterable<{ subarray(): Uint8Array }>): Promise<void>;
  handlePeerReadStreamError(error: Error, peerId: PeerId): void;
  doAddBackoff(peerId: string, topic: string, forMs: number): void;
}

/** What a frame holds (libp2p specs, gossipsub v1.2): subscriptions, messages, and control messages of five kinds. */
const control: MessageShape = { 1: {}, 2: {}, 3: {}, 4: { 2: {} }, 5: {} };
const frameShape: MessageShape = { 1: {}, 2: {}, 3: control };

/** Lengths beyond a limit. An honest peer can get there: it answers in one frame what it was asked for in several. */
const beyondLimits: ReadonlySet<string> = new Set(['InvalidDataLengthError', 'MaxLengthError', 'MaxSizeError']);
/** A length that is none. */
const noLength: ReadonlySet<string> = new Set(['InvalidDataLengthLengthError', 'InvalidMessageLengthError']);

export interface FrameEvents {
  /** Only another program, or a liar, sends this. */
  onViolation(peerId: string): void;
  /** Nothing more will be read from the peer. */
  onDeaf(peerId: string): void;
}

export function watchGossipFrames(pubsub: GossipSub, { onViolation, onDeaf }: FrameEvents): void {
  const inside = pubsub as unknown as Inside;
  const pipe = inside.pipePeerReadStream.bind(inside);
  const failed = inside.handlePeerReadStreamError.bind(inside);
  const leaveAlone = inside.doAddBackoff.bind(inside);

  /** Decoding is cheap where the fields are few, for it copies nothing; so it is done here once before it is done there. */
  async function* checked(peerId: PeerId, frames: AsyncIterable<{ subarray(): Uint8Array }>) {
    for await (const frame of frames) {
      const bytes = frame.subarray();
      if (hasMoreFields(bytes, frameShape, networkLimits.gossipFrameFields)) continue;
      try {
        inside.decodeRpc(bytes);
      } catch (error) {
        if (beyondLimits.has((error as Error).name)) continue;
        onViolation(peerId.toString());
        return;
      }
      yield frame;
    }
  }

  inside.doAddBackoff = (peerId, topic, forMs) =>
    leaveAlone(peerId, topic, Math.min(forMs, networkLimits.gossipBackoffMs));
  inside.pipePeerReadStream = (peerId, frames) => pipe(peerId, checked(peerId, frames));
  inside.handlePeerReadStreamError = (error, peerId) => {
    failed(error, peerId);
    if (noLength.has(error.name)) onViolation(peerId.toString());
    else if (beyondLimits.has(error.name)) onDeaf(peerId.toString());
  };
}
