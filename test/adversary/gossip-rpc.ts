/**
 * The messages of gossipsub as bytes, written by hand: a foe says what no library would let it say.
 * https://github.com/libp2p/specs/tree/master/pubsub/gossipsub
 */

export interface GossipRpc {
  readonly subscriptions?: readonly { topic: string; subscribe: boolean }[];
  readonly publish?: readonly { topic: string; data: Uint8Array; signature?: Uint8Array; sequence?: Uint8Array }[];
  readonly ihave?: readonly { topic: string; ids: readonly Uint8Array[] }[];
  readonly iwant?: readonly (readonly Uint8Array[])[];
  readonly graft?: readonly string[];
  readonly prune?: readonly { topic: string; backoffSeconds: number }[];
  readonly idontwant?: readonly (readonly Uint8Array[])[];
}

export function encodeRpc(rpc: GossipRpc): Uint8Array {
  const control = [
    ...(rpc.ihave ?? []).map(({ topic, ids }) => field(1, join(field(1, topic), ...ids.map((id) => field(2, id))))),
    ...(rpc.iwant ?? []).map((ids) => field(2, join(...ids.map((id) => field(1, id))))),
    ...(rpc.graft ?? []).map((topic) => field(3, field(1, topic))),
    ...(rpc.prune ?? []).map(({ topic, backoffSeconds }) =>
      field(4, join(field(1, topic), Uint8Array.of(0x18), varint(backoffSeconds))),
    ),
    ...(rpc.idontwant ?? []).map((ids) => field(5, join(...ids.map((id) => field(1, id))))),
  ];
  return join(
    ...(rpc.subscriptions ?? []).map(({ topic, subscribe }) =>
      field(1, join(Uint8Array.of(0x08, subscribe ? 1 : 0), field(2, topic))),
    ),
    ...(rpc.publish ?? []).map(({ topic, data, signature, sequence }) =>
      field(
        2,
        join(
          field(2, data),
          sequence === undefined ? new Uint8Array() : field(3, sequence),
          field(4, topic),
          signature === undefined ? new Uint8Array() : field(5, signature),
        ),
      ),
    ),
    control.length === 0 ? new Uint8Array() : field(3, join(...control)),
  );
}

/** A message with its length before it, as it stands on the stream. */
export function prefixed(bytes: Uint8Array): Uint8Array {
  return join(varint(bytes.length), bytes);
}

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function field(number: number, value: string | Uint8Array): Uint8Array {
  const bytes = typeof value === 'string' ? Uint8Array.from(Buffer.from(value)) : value;
  return join(varint((number << 3) | 2), varint(bytes.length), bytes);
}
