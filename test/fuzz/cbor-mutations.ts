/** Mutations of CBOR that know its shape: each makes one thing wrong, and most leave the rest right. */
import { utf8ToBytes } from '../../src/base/index.ts';
import type { Chance } from '../support/chance.ts';
import { type CborNode, copyTree, everyNode, node, sortKeys, writeCbor } from './cbor-tree.ts';
import { brokenUtf8, nastyTexts } from './nasty-text.ts';

const edges: readonly bigint[] = [
  ...[0n, 1n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 8_640_000_000_000_001n],
  ...[2n ** 53n - 2n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n],
];

/** Half, single and double floats: 0, −0, 1, 1.5, 65504, infinities, several NaN, the smallest. */
const floats: readonly [bigint, 2 | 4 | 8][] = [
  ...[0x0000n, 0x8000n, 0x3c00n, 0x3e00n, 0x7bffn, 0x7c00n, 0xfc00n, 0x7e00n, 0x7e01n].map((bits): [bigint, 2] => [
    bits,
    2,
  ]),
  ...[0x0n, 0x8000_0000n, 0x3f80_0000n, 0x3fc0_0000n, 0x7f80_0000n, 0x7fc0_0000n].map((bits): [bigint, 4] => [bits, 4]),
  ...[0x0n, 2n ** 63n, 0x3ff0_0000_0000_0000n, 0x3ff8_0000_0000_0000n, 0x7ff8_0000_0000_0000n, 1n].map(
    (bits): [bigint, 8] => [bits, 8],
  ),
];

type Mutate = (at: CborNode, chance: Chance, other: CborNode) => void;

const mutations: readonly Mutate[] = [
  function becomesEdge(at, chance) {
    replace(at, node(chance.below(2), chance.pick(edges)));
  },
  function moves(at, chance) {
    if (at.major > 1) return;
    at.argument += BigInt(chance.pick([-1, 1, 2, 256]));
    if (at.argument < 0n) replace(at, node(1, 0n));
  },
  function becomesFloat(at, chance) {
    const [bits, width] = chance.pick(floats);
    replace(at, node(7, bits, { width }));
  },
  function becomesSimple(at, chance) {
    replace(at, node(7, BigInt(chance.pick([0, 19, 20, 21, 22, 23, 24, 31, 32, 255]))));
  },
  function becomesWide(at, chance) {
    at.width = chance.pick([1, 2, 4, 8]);
  },
  function becomesEndless(at) {
    at.endless = at.major >= 2 && at.major <= 5;
  },
  function lies(at, chance) {
    const honest = BigInt(at.children.length || at.content.length);
    at.claim = chance.pick([honest + 1n, honest > 0n ? honest - 1n : 0n, 0n, ...edges]);
  },
  function isTagged(at, chance) {
    const tagged = copyTree(at);
    replace(at, node(6, chance.pick([0n, 2n, 3n, 24n, 42n, 258n, 55_799n]), { children: [tagged] }));
  },
  function becomesText(at, chance) {
    replace(at, node(3, 0n, { content: nastyText(chance) }));
  },
  function becomesBytes(at, chance) {
    replace(at, node(2, 0n, { content: chance.bytes(chance.pick([0, 1, 8, 16, 31, 32, 33, 63, 64, 65, 80])) }));
  },
  function growsOrShrinks(at, chance) {
    if (at.inside !== null || at.content.length === 0) return;
    const { content } = at;
    const longer = new Uint8Array(content.length + 1);
    longer.set(content);
    at.content = chance.happens(0.5) ? content.slice(1) : longer;
  },
  function bendsContent(at, chance) {
    if (at.inside !== null || at.content.length === 0) return;
    at.content = at.content.slice();
    at.content[chance.below(at.content.length)] = chance.below(256);
  },
  function loses(at, chance) {
    const step = at.major === 5 && chance.happens(0.9) ? 2 : 1;
    at.children.splice(chance.below(at.children.length + 1) & -step, step);
  },
  function doubles(at, chance) {
    if (at.children.length === 0) return;
    const step = at.major === 5 ? 2 : 1;
    const from = chance.below(at.children.length) & -step;
    const times = chance.pick([1, 1, 1, 2, 64, 300]);
    const copies = Array.from({ length: times }, () => at.children.slice(from, from + step).map(copyTree)).flat();
    at.children.splice(from, 0, ...copies);
  },
  function swaps(at, chance) {
    if (at.children.length < 2) return;
    const [one, two] = [chance.below(at.children.length), chance.below(at.children.length)];
    [at.children[one], at.children[two]] = [at.children[two]!, at.children[one]!];
  },
  function learns(at, chance) {
    if (at.major !== 5) return;
    const value = chance.pick([node(7, 22n), node(0, 1n), node(5, 0n), node(4, 0n), node(3, 0n)]);
    at.children.push(node(3, 0n, { content: nastyText(chance) }), value);
  },
  function becomesOther(at, chance, other) {
    replace(at, copyTree(chance.pick(everyNode(other))));
  },
  function isBuried(at, chance) {
    let buried = copyTree(at);
    const major = chance.pick([4, 4, 5]);
    for (let depth = chance.pick([1, 2, 14, 15, 16, 17, 40, 200]); depth > 0; depth--) {
      buried = node(major, 0n, { children: major === 4 ? [buried] : [node(3, 0n), buried] });
    }
    replace(at, buried);
  },
];

/** One to three mutations, after which the keys are mostly put in order again, so that the rest is looked at too. */
export function bendCbor(tree: CborNode, chance: Chance, other: CborNode, mostBytes: number): Uint8Array {
  const bent = copyTree(tree);
  for (let left = chance.pick([1, 1, 2, 3]); left > 0; left--) {
    chance.pick(mutations)(chance.pick(everyNode(bent)), chance, other);
  }
  if (chance.happens(0.7)) sortKeys(bent);
  return writeCbor(bent, mostBytes);
}

function replace(at: CborNode, by: CborNode): void {
  Object.assign(at, by);
}

function nastyText(chance: Chance): Uint8Array {
  return chance.happens(0.85) ? utf8ToBytes(chance.pick(nastyTexts)) : chance.pick(brokenUtf8);
}
