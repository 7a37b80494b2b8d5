import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { reservePort } from '../../src/network/index.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

test('a port is reserved once, whoever calls is hung up on, and it can be listened on when it is let go', async () => {
  const at = { host: 'localhost', port: await freePort() };
  const reserved = await reservePort(at);
  await expect(reservePort(at)).rejects.toMatchObject({ code: 'port-in-use', facts: at });
  const caller = connect(at.port, '127.0.0.1');
  caller.on('error', () => {});
  await once(caller, 'close');
  await reserved.release();
  await reserved.release();
  const server = createServer().listen(at.port, '127.0.0.1');
  await once(server, 'listening');
  server.close();
});

test.each([
  ['an address of another machine', '192.0.2.1'],
  ['a name that leads nowhere', 'nowhere.invalid'],
])('%s cannot be listened on', async (_, host) => {
  await expect(reservePort({ host, port: 0 })).rejects.toMatchObject({ code: 'listen-failed' });
});
