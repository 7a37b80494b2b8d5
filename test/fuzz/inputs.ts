/**
 * Where inputs come from: a pool that begins with valid ones and the corpus, and that keeps some of what was accepted, so
 * that later mutations start from further away. All of it follows from the seed.
 */
import { Chance } from '../support/chance.ts';
import { bendBytes } from './byte-mutations.ts';
import { bendCbor } from './cbor-mutations.ts';
import { type CborNode, copyTree, everyNode, parseCbor, writeCbor } from './cbor-tree.ts';
import { bendJson, type Json, parseJson } from './json-mutations.ts';
import type { Target } from './target.ts';
import { bendText } from './text-mutations.ts';

/** Inputs beyond the seeds and the corpus that are kept to start from, and how long they may be. */
const keptInputs = 200;
const keptBytes = 4_096;
/** Mutations of a shape make large inputs now and then; these are rarely worth more of the time. */
const usualBytes = 16_384;
/** One of a hundred inputs is longer than the door lets in; of a door wider than this, as many fewer as it is wider. */
const tooLong = 0.01;
const tooLongBytes = 1_000_000;
/** How often what only a checksum would refuse is made to pass it. */
const repaired = 0.7;

export class Inputs {
  readonly #target: Target;
  readonly #chance: Chance;
  readonly #pool: Uint8Array[];
  readonly #first: number;
  readonly #trees = new WeakMap<Uint8Array, CborNode | null>();
  readonly #jsons = new WeakMap<Uint8Array, Json | null>();

  constructor(target: Target, corpus: readonly Uint8Array[], seed: number) {
    this.#target = target;
    this.#chance = new Chance(`fuzz/${target.name}/${seed}`);
    this.#pool = [...target.seeds, ...corpus].filter(({ length }) => length <= usualBytes);
    this.#first = this.#pool.length;
  }

  next(): Uint8Array {
    const chance = this.#chance;
    const from = chance.pick(this.#pool);
    const way = chance.fraction();
    if (way < 0.01) return chance.bytes(chance.below(40));
    const { mostBytes, repair } = this.#target;
    if (chance.happens(tooLong * Math.min(1, tooLongBytes / mostBytes))) return this.#lengthened(from);
    const bent = way < 0.65 ? this.#bendShape(from) : bendBytes(from, chance, chance.pick(this.#pool));
    const fitting = bent.subarray(0, mostBytes);
    return repair !== undefined && chance.happens(repaired) ? repair(fitting) : fitting;
  }

  /** A few bytes longer than the door lets in, and otherwise as right as its shape allows. */
  #lengthened(from: Uint8Array): Uint8Array {
    const chance = this.#chance;
    const { shape, mostBytes } = this.#target;
    const length = mostBytes + chance.between(1, 8);
    const tree = shape === 'cbor' ? this.#tree(from) : null;
    if (tree !== null) {
      const longer = copyTree(tree);
      const texts = everyNode(longer).filter(({ major, inside }) => (major === 2 || major === 3) && inside === null);
      if (texts.length > 0) {
        const text = chance.pick(texts);
        text.content = stretched(text.content, text.content.length + length - from.length, 0x78);
        return writeCbor(longer, Number.POSITIVE_INFINITY);
      }
    }
    return stretched(from, length, shape === 'bytes' ? 0 : 0x20);
  }

  /** Tells that an input was let in. */
  keep(input: Uint8Array): void {
    if (input.length > keptBytes || !this.#chance.happens(0.05)) return;
    if (this.#pool.length < this.#first + keptInputs) this.#pool.push(input);
    else this.#pool[this.#first + this.#chance.below(keptInputs)] = input;
  }

  #bendShape(from: Uint8Array): Uint8Array {
    const chance = this.#chance;
    const other = chance.pick(this.#pool);
    const { shape, words = [], mostBytes } = this.#target;
    if (shape === 'cbor') {
      const [tree, otherTree] = [this.#tree(from), this.#tree(other)];
      if (tree !== null && otherTree !== null) {
        const room = chance.happens(0.02) ? mostBytes : Math.min(mostBytes, usualBytes);
        return bendCbor(tree, chance, otherTree, room);
      }
    }
    if (shape === 'json') {
      const [json, otherJson] = [this.#json(from), this.#json(other)];
      if (json !== null && otherJson !== null) return bendJson(json, chance, otherJson);
    }
    return shape === 'bytes' ? bendBytes(from, chance, other) : bendText(from, chance, words);
  }

  #tree(bytes: Uint8Array): CborNode | null {
    return parsedOnce(this.#trees, bytes, parseCbor);
  }

  #json(bytes: Uint8Array): Json | null {
    return parsedOnce(this.#jsons, bytes, parseJson);
  }
}

function stretched(bytes: Uint8Array, length: number, filling: number): Uint8Array {
  const longer = new Uint8Array(length).fill(filling);
  longer.set(bytes.subarray(0, length));
  return longer;
}

/** Each input of the pool is bent many times. */
function parsedOnce<Parsed extends object>(
  known: WeakMap<Uint8Array, Parsed | null>,
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => Parsed | null,
): Parsed | null {
  const parsed = known.get(bytes) ?? parse(bytes);
  known.set(bytes, parsed);
  return parsed;
}
