/**
 * The status message: what a node tells of itself, and where peers that it is linked to can be dialled. All of it is a
 * claim. Its text is checked, since it ends up on a screen.
 */
import { z } from 'zod';
import {
  boundedList,
  encode,
  fromHex,
  isCanonicalText,
  isPrintable,
  limits,
  strictMap,
  toHex,
  utf8ToBytes,
} from '../base/index.ts';
import type { Status } from './network.ts';
import { networkLimits } from './network-limits.ts';
import { open } from './wire.ts';

/** `others`: addresses of further peers. */
export type StatusMessage = Status & { readonly others: readonly string[] };

const hash = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32);
const integer = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const text = (mostBytes: number) =>
  z
    .string()
    .min(1)
    .refine((value) => utf8ToBytes(value).length <= mostBytes && isCanonicalText(value) && isPrintable(value));
const addresses = boundedList(text(networkLimits.addressBytes), 0, limits.addressesPerPeer);

const schema = strictMap({
  genesis: hash,
  rules: integer,
  tip: strictMap({ hash, height: integer, work: integer }),
  pending: strictMap({ count: integer, sum: hash }),
  time: integer,
  nodeId: text(networkLimits.nodeIdBytes),
  addresses,
  others: addresses,
});

export function encodeStatus({ genesis, tip, pending, ...rest }: StatusMessage): Uint8Array {
  const { rules, time, nodeId } = rest;
  return encode({
    genesis: fromHex(genesis),
    tip: { hash: fromHex(tip.hash), height: tip.height, work: tip.work },
    pending: { count: pending.count, sum: fromHex(pending.sum) },
    rules,
    time,
    nodeId,
    addresses: rest.addresses.slice(0, limits.addressesPerPeer),
    others: rest.others.slice(0, limits.addressesPerPeer),
  });
}

/** @throws CarechainError `malformed-message`. */
export function decodeStatus(message: Uint8Array): StatusMessage {
  const { genesis, tip, pending, ...rest } = open(message, networkLimits.statusBytes, schema);
  return {
    ...rest,
    genesis: toHex(genesis),
    tip: { ...tip, hash: toHex(tip.hash) },
    pending: { ...pending, sum: toHex(pending.sum) },
  };
}
