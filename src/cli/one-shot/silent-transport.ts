/** A transport that reaches nobody: a stopped folder is looked at alone. */
import { CarechainError } from '../../base/index.ts';
import type { Transport } from '../../network/index.ts';

function unreachable(): Promise<never> {
  return Promise.reject(new CarechainError('dial-failed', 'A stopped node reaches nobody.'));
}

export const silentTransport: Transport = {
  peerId: '',
  async start() {},
  async stop() {},
  addresses: () => [],
  dial: unreachable,
  async disconnect() {},
  setGate() {},
  async setOffline() {},
  subscribe() {},
  async broadcast() {},
  subscribers: () => [],
  handle() {},
  request: unreachable,
};
