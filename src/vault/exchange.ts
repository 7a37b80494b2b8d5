/**
 * Protocol vault/1: nodes fetch sealed records from one another.
 *
 *   request = DAG-CBOR { records: [ record id(32), … ], statements: [ hosting statement bytes, … ] }    at most 64 of each
 *   answer  = DAG-CBOR [ envelope bytes, … ]
 *
 * The asker says what it wants and shows which members it hosts. The server answers those envelopes that it holds and of
 * which at least one reader is hosted by the asking peer. Who the readers are it takes from the ledger, never from the
 * request. What it does not hold, does not know or may not give is absent, and absence says nothing about which of the
 * three it was. An answer holds as many envelopes as fit; the asker asks again for the rest. Not guaranteed: that any peer
 * holds a record now. Asking goes on until one does (wanted.ts).
 *
 * The asker checks each envelope against its own ledger. Since it asked by id, and an id stands for one commitment to one
 * list of readers, an envelope that does not fit comes from a liar: the peer is shunned.
 */
import { z } from 'zod';
import { boundedList, encode, fromHex, strictMap, toHex, tryDecode } from '../base/index.ts';
import { envelopeBytes } from './envelope.ts';
import { statementBytes } from './hosting.ts';

export const protocol = 'vault/1';

/** Records of one request. One statement a record is enough, so there are no more of those. */
export const recordsPerRequest = 64;

/** What a request may weigh. */
export const requestBytes = recordsPerRequest * (34 + statementBytes + 3) + 64;

export interface ExchangeRequest {
  /** Record ids in hex. */
  readonly records: readonly string[];
  readonly statements: readonly Uint8Array[];
}

const bytes = z.instanceof(Uint8Array);
const requestSchema = strictMap({
  records: boundedList(
    bytes.refine((id) => id.length === 32),
    0,
    recordsPerRequest,
  ),
  statements: boundedList(
    bytes.refine((statement) => statement.length <= statementBytes),
    0,
    recordsPerRequest,
  ),
});
const answerSchema = boundedList(
  bytes.refine((envelope) => envelope.length <= envelopeBytes),
  0,
  recordsPerRequest,
);

export function encodeRequest({ records, statements }: ExchangeRequest): Uint8Array {
  return encode({ records: records.map(fromHex), statements });
}

/** Null where the bytes are not a request. */
export function decodeRequest(message: Uint8Array): ExchangeRequest | null {
  const request = parse(requestSchema, message);
  return request && { records: request.records.map(toHex), statements: request.statements };
}

export function encodeAnswer(envelopes: readonly Uint8Array[]): Uint8Array {
  return encode(envelopes);
}

/** Null where the bytes are not an answer. */
export function decodeAnswer(message: Uint8Array): Uint8Array[] | null {
  return parse(answerSchema, message);
}

/** How much an envelope adds to an answer. */
export function bytesInAnswer(envelope: Uint8Array): number {
  return envelope.length + 5;
}

function parse<Value>(schema: z.ZodType<Value>, message: Uint8Array): Value | null {
  const decoded = tryDecode(message);
  return decoded && (schema.safeParse(decoded.value).data ?? null);
}
