export type { ConfiguredPeer, Network, NetworkEvents, NetworkHandlers, Peer, Status } from './network.ts';
export type { MessageVerdict, RequestLimits, Transport, TransportEvents } from './transport.ts';
