/**
 * A liar: a real node whose wires lie. Some of what it says is bent, cut short, old, made up or withheld; the rest is
 * honest, so that it gets near enough to do harm. Bending keeps the form of a message more often than not: what is not even
 * of the form is refused by the first check, and this is about the last.
 */
import { decode, type Encodable, encode } from '../../src/base/index.ts';
import { decodeBlock, sealBlock } from '../../src/ledger/index.ts';
import type { Transport } from '../../src/network/index.ts';
import type { Chance } from '../support/chance.ts';
import { nodeKeysFrom } from '../support/ledger.ts';

/** The share of what it says that is a lie. */
const lies = 0.12;

export function lying(name: string, transport: Transport, chance: Chance, lied: (how: string) => void): Transport {
  const said = new Map<string, Uint8Array[]>();
  const remember = (kind: string, bytes: Uint8Array) => {
    const list = said.get(kind) ?? [];
    said.set(kind, list);
    if (list.length < 50) list.push(bytes);
  };

  function bent(kind: string, bytes: Uint8Array): Uint8Array {
    remember(kind, bytes);
    if (!chance.happens(lies)) return bytes;
    const how = chance.below(10);
    if (how < 6) {
      lied('bent a field');
      return withBentField(bytes, chance) ?? bytes;
    }
    if (how < 7) {
      lied('flipped a bit');
      return flipped(bytes, chance);
    }
    if (how < 8) {
      lied('cut it short');
      return bytes.slice(0, chance.below(bytes.length + 1));
    }
    lied('said an old thing');
    return chance.pick(said.get(kind)!);
  }

  return {
    ...transport,
    async broadcast(topic, bytes) {
      if (topic.endsWith('/blocks/1') && chance.happens(lies)) {
        const twin = twinOf(name, bytes);
        lied('sealed two blocks of one height');
        if (twin) await transport.broadcast(topic, twin);
      }
      await transport.broadcast(topic, bent(topic, bytes));
    },
    handle(protocol, requestBytes, onRequest) {
      transport.handle(protocol, requestBytes, async (bytes, from) => {
        const answer = await onRequest(bytes, from);
        if (!chance.happens(lies / 4)) return bent(protocol, answer);
        lied('said nothing');
        return new Promise(() => {});
      });
    },
    request: (peerId, protocol, bytes, limits) =>
      transport.request(peerId, protocol, bent(`? ${protocol}`, bytes), limits),
  };
}

/** Another block of the same miner, valid like the first. */
function twinOf(name: string, bytes: Uint8Array): Uint8Array | null {
  const block = decodeBlock(bytes);
  if (!block.ok) return null;
  const { header, transactions } = block.value;
  const { secretKey } = nodeKeysFrom(name);
  return sealBlock({ ...header, time: header.time + 1 }, transactions, secretKey).bytes;
}

function flipped(bytes: Uint8Array, chance: Chance): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) copy[chance.below(copy.length)]! ^= 1 << chance.below(8);
  return copy;
}

/** The same message with one of its values changed, canonically encoded; null for what is not a message. */
function withBentField(bytes: Uint8Array, chance: Chance): Uint8Array | null {
  let message: Encodable;
  try {
    message = decode(bytes) as Encodable;
  } catch {
    return null;
  }
  return encode(bend(message, chance));
}

function bend(value: Encodable, chance: Chance): Encodable {
  if (value instanceof Uint8Array) return (value.length > 40 && withBentField(value, chance)) || flipped(value, chance);
  if (Array.isArray(value)) {
    if (value.length === 0 || chance.happens(0.15)) return chance.happens(0.5) ? [] : [...value, ...value];
    const at = chance.below(value.length);
    return value.map((each, index) => (index === at ? bend(each, chance) : each));
  }
  if (typeof value === 'number') return chance.pick([value + 1, Math.max(0, value - 1), 2 * value + 1, 2 ** 40]);
  if (typeof value === 'string') return `${value}!`;
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value);
  const at = chance.below(fields.length);
  return Object.fromEntries(
    fields.map(([name, field], index): [string, Encodable] => [name, index === at ? bend(field, chance) : field]),
  );
}
