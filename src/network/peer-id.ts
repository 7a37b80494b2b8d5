/** Node keys and peer ids are two forms of one thing: the peer id of libp2p holds the whole Ed25519 key. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys';
import { peerIdFromPublicKey } from '@libp2p/peer-id';
import { fromHex } from '../base/index.ts';

/** The peer id, in its text form, of a node key in hex. */
export function peerIdOf(nodeKey: string): string {
  return peerIdFromPublicKey(publicKeyFromRaw(fromHex(nodeKey))).toString();
}
