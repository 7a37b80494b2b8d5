import { randomBytes } from 'node:crypto';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { createLibp2pTransport } from '../../src/network/index.ts';
import { transportContract } from './transport-contract.ts';

const settings = { host: '127.0.0.1', port: 0, clock: systemClock, logger: silentLogger };

transportContract({
  name: 'libp2p transport',
  create: () => createLibp2pTransport({ ...settings, seed: new Uint8Array(randomBytes(32)) }),
  nobody: '127.0.0.1:1',
});
