/**
 * How many fields a message of Protocol Buffers holds (protobuf.dev, "Encoding"), those of the messages within it counted. A
 * decoder skips what means nothing to it, two bytes at a time, for as long as that lasts: so fields are counted first.
 */

/** Which fields of a message are messages themselves, by their number. */
export interface MessageShape {
  readonly [field: number]: MessageShape;
}

const [number, eightBytes, counted, fourBytes] = [0, 1, 2, 5];

/** Whether there are more than `most`. Bytes that are no message are not judged here: their decoder does that. */
export function hasMoreFields(bytes: Uint8Array, shape: MessageShape, most: number): boolean {
  let at = 0;
  let fields = 0;

  /** Seven bits a byte, the lowest first. */
  function varint(): number {
    let value = 0;
    for (let unit = 1; at < bytes.length; unit *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) break;
    }
    return value;
  }

  function count(end: number, within: MessageShape): void {
    while (at < end && fields <= most) {
      fields += 1;
      const tag = varint();
      const type = tag % 8;
      if (type === number) varint();
      else if (type === eightBytes) at += 8;
      else if (type === fourBytes) at += 4;
      else if (type === counted) {
        const length = varint();
        const ownEnd = Math.min(end, at + length);
        const inner = within[Math.floor(tag / 8)];
        if (inner !== undefined) count(ownEnd, inner);
        at = ownEnd;
      }
    }
  }

  count(bytes.length, shape);
  return fields > most;
}
