/**
 * Carries bytes between nodes and looks after links; never judges what the bytes say.
 *
 *   const transport = await createLibp2pTransport({ seed, host: '127.0.0.1', port: 5001, clock, logger });
 *   const network = createNetwork({ transport, genesis, configured: ['127.0.0.1:5002'], loopbackOnly: true, clock, random, logger });
 *   await network.start(handlers);
 */
export { checkConfigured, isLoopback, type PeerAddress, parseAddress } from './address.ts';
export { rangeOf } from './address-range.ts';
export { createNetwork, type NetworkSettings } from './create-network.ts';
export type { Breathe } from './fair-shares.ts';
export { createLibp2pTransport, type Libp2pTransportSettings } from './libp2p-transport.ts';
export type {
  ConfiguredPeer,
  Network,
  NetworkEvents,
  NetworkHandlers,
  Peer,
  PendingClaim,
  Status,
} from './network.ts';
export { networkLimits } from './network-limits.ts';
export { peerIdOf } from './peer-id.ts';
export { Punctuality } from './punctuality.ts';
export { type ReservedPort, reservePort } from './reserve-port.ts';
export { isWholeAnswer, type Round, SideBySide } from './side-by-side.ts';
export type { Gate, MessageVerdict, RequestLimits, Transport, TransportEvents } from './transport.ts';
export { dialFailed, dialledSelf, requestFailed } from './transport-errors.ts';
