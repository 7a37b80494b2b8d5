/**
 * The peer id of a node key: the base58 text of the key, wrapped as libp2p does (an identity multihash of a protobuf with
 * the key type and the key). A node key is enough to know it; nobody needs to have been met.
 */
import { concatBytes, fromHex } from '../base/index.ts';

const wrapping = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);
const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

export function peerIdOf(nodeKey: string): string {
  const bytes = concatBytes(wrapping, fromHex(nodeKey));
  let left = BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  let text = '';
  for (; left > 0n; left /= 58n) text = digits[Number(left % 58n)]! + text;
  // A leading zero byte is a digit of its own, and this wrapping has exactly one.
  return digits[0]! + text;
}
