/**
 * A decoder as the fuzzer sees it: a door for bytes of others. For every input it must give a value or its own kind of
 * refusal. A value must have been in its one encoding, and must keep what the decoder promises of it.
 */
import { CarechainError } from '../../src/base/index.ts';
import type { Verdict } from '../../src/ledger/index.ts';

/** How inputs are built: as CBOR, as JSON, as lines of text, or as bytes without a shape. */
export type Shape = 'cbor' | 'json' | 'text' | 'bytes';

/** What was decoded; null where it was refused in the way that the decoder refuses. */
export type Decoded<Value> = { readonly value: Value } | null;

export interface TypedTarget<Value> {
  /** Also the folder of its corpus. */
  readonly name: string;
  readonly shape: Shape;
  /** The longest input that its door lets in: longer ones are tried too, and must be refused. */
  readonly mostBytes: number;
  /** Why longer ones may be let in here: what keeps them out stands elsewhere. */
  readonly longerAllowed?: string;
  /** Valid inputs, from which most others are bent. */
  readonly seeds: readonly Uint8Array[];
  /** Words of its language, for text. */
  readonly words?: readonly string[];
  /** Writes anew what a bent input never has right, such as a checksum, so that what lies behind is looked at too. */
  repair?(input: Uint8Array): Uint8Array;
  /** Throws where something is thrown that is no refusal: that is a finding. */
  decode(input: Uint8Array): Decoded<Value> | Promise<Decoded<Value>>;
  /** The one encoding of a decoded value; absent where the form has none, such as what people type. */
  encode?(value: Value, input: Uint8Array): Uint8Array;
  /** What is wrong with a value that was let in; null where nothing is. */
  objection?(value: Value, input: Uint8Array): string | null;
  /** What is wrong with a verdict, also with a refusal. */
  objectionToVerdict?(input: Uint8Array, accepted: boolean): string | null;
}

export type Target = TypedTarget<unknown>;

/** A target whose value has a type; outside of it nobody needs to know which. */
export function target<Value>(typed: TypedTarget<Value>): Target {
  return typed as unknown as Target;
}

/** For a decoder that throws its refusal. */
export function unlessRefused<Value>(decode: () => Value): Decoded<Value> {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof CarechainError) return null;
    throw error;
  }
}

/** For a decoder whose refusal is a rejection. */
export function unlessRejected<Value>(verdict: Verdict<Value>): Decoded<Value> {
  return verdict.ok ? { value: verdict.value } : null;
}

/** For a decoder whose refusal is null. */
export function unlessNull<Value>(value: Value | null): Decoded<Value> {
  return value === null ? null : { value };
}
