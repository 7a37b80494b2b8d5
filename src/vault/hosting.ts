/**
 * A hosting statement: a member says which node may fetch and keep their sealed records, and until when.
 *
 *   statement = DAG-CBOR [ body, signature(64) ]
 *   body      = DAG-CBOR map { network(32), member(32), nodeKey(32), until }    until: milliseconds since 1970 UTC
 *   signature = Ed25519 by the member's signing key of "carechain/hosting/1" ‖ DAG-CBOR body
 *
 * It is signed at each login and lasts 30 days. It lets the node hold envelopes, never open them: no key is in it. A node
 * that was lost or sold stops being served when the statement ends.
 */
import { z } from 'zod';
import {
  concatBytes,
  type Encodable,
  encode,
  fromHex,
  limits,
  strictMap,
  toHex,
  tryDecode,
  utf8ToBytes,
} from '../base/index.ts';
import { sign, verifyStrict } from '../crypto/index.ts';
import { readMember, type StateView } from '../ledger/index.ts';

export interface HostingStatement {
  /** Hash of the genesis. */
  readonly network: string;
  /** Member id. */
  readonly member: string;
  /** Public half of the node's key, in hex. */
  readonly nodeKey: string;
  /** Milliseconds since 1970 UTC. */
  readonly until: number;
}

/** What a statement may weigh. */
export const statementBytes = 512;

/** A statement may end this much later than this node's clock allows: clocks differ. */
const clockToleranceMs = 24 * 60 * 60 * 1_000;

const hash = z.codec(
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 32),
  z.string(),
  { decode: (bytes) => toHex(bytes), encode: (hex) => fromHex(hex) },
);
const signature = z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === 64);
const schema = z.tuple([strictMap({ network: hash, member: hash, nodeKey: hash, until: z.int().min(0) }), signature]);

/** `secretKey` is the seed of the member's signing key. */
export function signStatement(statement: HostingStatement, secretKey: Uint8Array): Uint8Array {
  const [body, signed] = schema.encode([statement, sign(signedBytes(statement), secretKey)]);
  return encode([body as Encodable, signed]);
}

/**
 * The statement of these bytes, if it holds: of this network, by a member of this state, not over by `now`, and not for
 * longer than statements last. Null otherwise.
 */
export function checkStatement(
  bytes: Uint8Array,
  context: { network: string; state: StateView; now: number },
): HostingStatement | null {
  const { network, state, now } = context;
  const decoded = decodeStatement(bytes);
  if (decoded === null) return null;
  const [statement, signed] = decoded;
  if (statement.network !== network || statement.until <= now) return null;
  if (statement.until > now + limits.hostingMs + clockToleranceMs) return null;
  const member = readMember(state, statement.member);
  if (member === undefined) return null;
  return verifyStrict(fromHex(member.signingKey), signedBytes(statement), signed) ? statement : null;
}

function decodeStatement(bytes: Uint8Array): z.output<typeof schema> | null {
  if (bytes.length > statementBytes) return null;
  const decoded = tryDecode(bytes);
  return decoded && (schema.safeDecode(decoded.value as z.input<typeof schema>).data ?? null);
}

function signedBytes({ network, member, nodeKey, until }: HostingStatement): Uint8Array {
  const body = { network: fromHex(network), member: fromHex(member), nodeKey: fromHex(nodeKey), until };
  return concatBytes(utf8ToBytes('carechain/hosting/1'), encode(body));
}
