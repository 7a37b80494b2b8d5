/**
 * CBOR as a tree of what is written rather than of what it means, so that it can be written wrongly: lengths that lie,
 * integers too wide, lists without end. A byte string that holds CBOR itself is a tree within the tree.
 */

export interface CborNode {
  /** Major type, 0 to 7. */
  major: number;
  /** The integer, length, count or tag after it; for major type 7 what its low bits and the bytes behind say. */
  argument: bigint;
  /** Bytes of the argument: 0 where it is in the first byte; null for the fewest. */
  width: 0 | 1 | 2 | 4 | 8 | null;
  /** Written without a length, up to a break. */
  endless: boolean;
  /** Elements; for a map keys and values in turn; for a tag what is tagged. */
  children: CborNode[];
  /** Content of a string of bytes or text. */
  content: Uint8Array;
  /** What a byte string holds, where that is CBOR: written instead of `content`. */
  inside: CborNode | null;
  /** A count or length that is written instead of the right one. */
  claim: bigint | null;
  /** Bytes that are written instead of all of it. */
  raw: Uint8Array | null;
}

const nothing = new Uint8Array(0);

export function node(major: number, argument: bigint, rest: Partial<CborNode> = {}): CborNode {
  const plain = { width: null, endless: false, children: [], content: nothing, inside: null, claim: null, raw: null };
  return { major, argument, ...plain, ...rest };
}

/** The tree of bytes; null where they are no definite CBOR, or something follows it. */
export function parseCbor(bytes: Uint8Array): CborNode | null {
  const at = { position: 0 };
  const tree = parseNode(bytes, at, 0);
  return at.position === bytes.length ? tree : null;
}

function parseNode(bytes: Uint8Array, at: { position: number }, depth: number): CborNode | null {
  const first = bytes[at.position++];
  if (first === undefined || depth > 64) return null;
  const major = first >> 5;
  const low = first & 0x1f;
  if (low > 27) return null;
  const width = low < 24 ? 0 : ((1 << (low - 24)) as 1 | 2 | 4 | 8);
  if (at.position + width > bytes.length) return null;
  let argument = BigInt(low);
  if (width > 0) {
    argument = 0n;
    for (let left: number = width; left > 0; left--) argument = (argument << 8n) | BigInt(bytes[at.position++]!);
  }
  // A float keeps its width, since that says how it is read.
  const parsed = node(major, argument, { width: major === 7 ? width : null });
  if (major === 2 || major === 3) return parseString(parsed, bytes, at, depth);
  const count = major === 4 ? argument : major === 5 ? 2n * argument : major === 6 ? 1n : 0n;
  if (count > BigInt(bytes.length - at.position)) return null;
  for (let left = count; left > 0n; left--) {
    const child = parseNode(bytes, at, depth + 1);
    if (child === null) return null;
    parsed.children.push(child);
  }
  return parsed;
}

function parseString(parsed: CborNode, bytes: Uint8Array, at: { position: number }, depth: number): CborNode | null {
  if (parsed.argument > BigInt(bytes.length - at.position)) return null;
  const end = at.position + Number(parsed.argument);
  parsed.content = bytes.slice(at.position, end);
  at.position = end;
  const looksLikeCbor = parsed.major === 2 && parsed.content.length >= 40 && parsed.content[0]! >> 6 === 2;
  if (looksLikeCbor && depth < 8) parsed.inside = parseCbor(parsed.content);
  return parsed;
}

/** A node and all below it, those inside byte strings too. */
export function everyNode(tree: CborNode, found: CborNode[] = []): CborNode[] {
  found.push(tree);
  if (tree.inside !== null) everyNode(tree.inside, found);
  for (const child of tree.children) everyNode(child, found);
  return found;
}

export function copyTree(tree: CborNode): CborNode {
  return { ...tree, children: tree.children.map(copyTree), inside: tree.inside && copyTree(tree.inside) };
}

/** Sorts the keys of every map as the canonical form does. */
export function sortKeys(tree: CborNode): void {
  if (tree.inside !== null) sortKeys(tree.inside);
  for (const child of tree.children) sortKeys(child);
  if (tree.major !== 5) return;
  const pairs: [CborNode, CborNode | undefined][] = [];
  for (let at = 0; at < tree.children.length; at += 2) pairs.push([tree.children[at]!, tree.children[at + 1]]);
  pairs.sort(([{ content: left }], [{ content: right }]) => left.length - right.length || Buffer.compare(left, right));
  tree.children = pairs.flat().filter((child) => child !== undefined);
}

export function writeCbor(tree: CborNode, mostBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  writeNode(tree, parts, { left: mostBytes });
  return new Uint8Array(Buffer.concat(parts));
}

/** Stops where there is no room left: what comes out then is cut short. */
function writeNode(tree: CborNode, parts: Uint8Array[], room: { left: number }): void {
  if (room.left <= 0) return;
  if (tree.raw !== null) {
    push(tree.raw, parts, room);
    return;
  }
  const content = tree.inside === null ? tree.content : writeCbor(tree.inside, room.left);
  const isString = tree.major === 2 || tree.major === 3;
  const counted = isString ? content.length : Math.floor(tree.children.length / (tree.major === 5 ? 2 : 1));
  const argument = tree.claim ?? (isString || tree.major === 4 || tree.major === 5 ? BigInt(counted) : tree.argument);
  push(tree.endless ? Uint8Array.of((tree.major << 5) | 31) : head(tree.major, argument, tree.width), parts, room);
  if (tree.endless && isString) push(head(tree.major, BigInt(content.length), null), parts, room);
  push(content, parts, room);
  for (const child of tree.children) writeNode(child, parts, room);
  if (tree.endless) push(Uint8Array.of(0xff), parts, room);
}

function push(bytes: Uint8Array, parts: Uint8Array[], room: { left: number }): void {
  parts.push(bytes);
  room.left -= bytes.length;
}

function head(major: number, argument: bigint, width: CborNode['width']): Uint8Array {
  const needed = argument < 24n ? 0 : argument < 256n ? 1 : argument < 65_536n ? 2 : argument < 2n ** 32n ? 4 : 8;
  const bytes = width === null || width < needed ? needed : width;
  if (bytes === 0) return Uint8Array.of((major << 5) | Number(argument));
  const written = new Uint8Array(1 + bytes);
  written[0] = (major << 5) | (24 + Math.log2(bytes));
  for (let at = bytes, rest = argument; at > 0; at--, rest >>= 8n) written[at] = Number(rest & 0xffn);
  return written;
}
