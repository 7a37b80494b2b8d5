import { randomBytes } from 'node:crypto';
import { Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { createLibp2pTransport } from '../../src/network/index.ts';
import { transportContract } from './transport-contract.ts';

const settings = { host: '127.0.0.1', port: 0, clock: systemClock, logger: silentLogger };

const create = () => createLibp2pTransport({ ...settings, seed: new Uint8Array(randomBytes(32)) });

transportContract({
  name: 'libp2p transport',
  create,
  nobody: '127.0.0.1:1',
});

test.each([
  ['host:port', (_peerId: string, address: string) => address],
  ['a peer id', (peerId: string, address: string) => `/ip4/127.0.0.1/tcp/${address.split(':')[1]}/p2p/${peerId}`],
])(
  'a link that was dialled by %s is watched on both sides, so that writes of one turn go out together',
  async (_how, addressOf) => {
    const [dialler, listener] = [await create(), await create()];
    const cork = vi.spyOn(Socket.prototype, 'cork');
    try {
      listener.handle('/test/echo/1', 100, async (bytes) => bytes);
      for (const each of [dialler, listener]) await each.start({ connected() {}, disconnected() {} });
      const address = listener.addresses()[0]!;
      await dialler.dial(addressOf(listener.peerId, address));
      const bytes = new Uint8Array(10);
      await dialler.request(listener.peerId, '/test/echo/1', bytes, { timeoutMs: 3_000, answerBytes: 100 });
      const ends = new Set(
        (cork.mock.contexts as Socket[]).map(({ localPort }) =>
          `${localPort}` === address.split(':')[1] ? 'listener' : 'dialler',
        ),
      );
      expect([...ends].sort()).toEqual(['dialler', 'listener']);
    } finally {
      cork.mockRestore();
      await Promise.all([dialler.stop(), listener.stop()]);
    }
  },
);
