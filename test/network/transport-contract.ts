/** What every transport must do. One suite, run over each of them. */
import { afterEach, describe, expect, it } from 'vitest';
import type { MessageVerdict, Transport } from '../../src/network/index.ts';
import { until } from './until.ts';

export interface TransportUnderTest {
  readonly name: string;
  /** A transport that has not been started. */
  create(): Promise<Transport>;
  /** An address where nobody listens. */
  readonly nobody: string;
}

const topic = '/test/topic/1';
const limits = { timeoutMs: 3_000, answerBytes: 1_000 };
const bytesOf = (length: number, fill = 7) => new Uint8Array(length).fill(fill);

export function transportContract({ name, create, nobody }: TransportUnderTest): void {
  interface Party {
    transport: Transport;
    log: string[];
    verdict: MessageVerdict;
    heard: { bytes: Uint8Array; from: string }[];
  }
  let parties: Party[] = [];

  async function join() {
    const transport = await create();
    const party: Party = { transport, log: [], verdict: 'accept', heard: [] };
    transport.subscribe(topic, async (bytes, from) => {
      party.heard.push({ bytes, from });
      return party.verdict;
    });
    transport.handle('/test/echo/1', 1_000, async (bytes) => bytes);
    transport.handle('/test/throw/1', 1_000, async () => {
      throw new Error('no');
    });
    transport.handle('/test/never/1', 1_000, () => new Promise(() => {}));
    transport.handle('/test/much/1', 1_000, async () => bytesOf(1_000_001));
    await transport.start({
      connected: ({ peerId, dialled }) => party.log.push(`${dialled ? 'dialled' : 'took'} ${peerId}`),
      disconnected: (peerId) => party.log.push(`lost ${peerId}`),
      violated: (peerId, code) => party.log.push(`blames ${peerId} ${code}`),
    });
    parties.push(party);
    return party;
  }

  const addressOf = ({ transport }: Party) => transport.addresses()[0]!;
  const dial = (from: Party, to: Party) => from.transport.dial(addressOf(to));
  const codeOf = (work: Promise<unknown>) => work.then(String, (error) => error.code);

  async function pair(): Promise<[Party, Party]> {
    const [a, b] = [await join(), await join()];
    await dial(a, b);
    await until(() => b.log.length === 1);
    return [a, b];
  }

  const echo = (from: Party, to: Party, bytes: Uint8Array) =>
    from.transport.request(to.transport.peerId, '/test/echo/1', bytes, limits);

  describe(name, () => {
    afterEach(async () => {
      await Promise.all(parties.map(({ transport }) => transport.stop()));
      parties = [];
    });

    it('dials host:port without a peer id, and tells both sides once', async () => {
      const [a, b] = await pair();
      expect(await dial(a, b)).toBe(b.transport.peerId);
      await dial(b, a);
      expect(await echo(a, b, bytesOf(10))).toEqual(bytesOf(10));
      expect(a.log).toEqual([`dialled ${b.transport.peerId}`]);
      expect(b.log).toEqual([`took ${a.transport.peerId}`]);
    });

    it('is one link where both dial at once', async () => {
      const [a, b] = [await join(), await join()];
      await Promise.all([dial(a, b), dial(b, a)]);
      await until(() => a.log.length > 0 && b.log.length > 0);
      expect(await echo(a, b, bytesOf(10))).toEqual(bytesOf(10));
      expect(await echo(b, a, bytesOf(10))).toEqual(bytesOf(10));
      expect([a.log.length, b.log.length]).toEqual([1, 1]);
      await a.transport.disconnect(b.transport.peerId);
      await until(() => a.log.length === 2 && b.log.length === 2);
      expect([a.log[1], b.log[1]]).toEqual([`lost ${b.transport.peerId}`, `lost ${a.transport.peerId}`]);
    });

    it('says why a dial failed', async () => {
      const a = await join();
      expect(await codeOf(a.transport.dial(addressOf(a)))).toBe('dialled-self');
      expect(await codeOf(a.transport.dial(nobody))).toBe('dial-failed');
      for (const text of ['', 'nonsense', '127.0.0.1', '127.0.0.1:99999', '/ip4/127.0.0.1/udp/5']) {
        expect(await codeOf(a.transport.dial(text))).toBe('bad-peer-address');
      }
      expect(a.log).toEqual([]);
    });

    it('carries requests both ways, of every size that is allowed', async () => {
      const [a, b] = await pair();
      for (const length of [0, 1, 999, 1_000]) expect(await echo(a, b, bytesOf(length))).toEqual(bytesOf(length));
      expect(await echo(b, a, bytesOf(3))).toEqual(bytesOf(3));
      const much = { timeoutMs: 3_000, answerBytes: 1_000_001 };
      expect(await a.transport.request(b.transport.peerId, '/test/much/1', bytesOf(1), much)).toHaveLength(1_000_001);
    });

    it('refuses what is too long, what nobody serves and what fails, and keeps the link', async () => {
      const [a, b] = await pair();
      const ask = (protocol: string, bytes: Uint8Array) =>
        codeOf(a.transport.request(b.transport.peerId, protocol, bytes, limits));
      expect(await ask('/test/echo/1', bytesOf(1_001))).toBe('request-failed');
      expect(await ask('/test/echo/1', bytesOf(3_000_000))).toBe('request-failed');
      expect(await ask('/test/much/1', bytesOf(1))).toBe('request-failed');
      expect(await ask('/test/throw/1', bytesOf(1))).toBe('request-failed');
      expect(await ask('/test/nobody/1', bytesOf(1))).toBe('request-failed');
      expect(await codeOf(a.transport.request('nobody', '/test/echo/1', bytesOf(1), limits))).toBe('request-failed');
      expect(await echo(a, b, bytesOf(10))).toEqual(bytesOf(10));
      // Whoever sends a frame beyond the limits of the protocol is named to the room above.
      expect(a.log.slice(1)).toEqual([`blames ${b.transport.peerId} frame-too-long`]);
      expect(b.log.slice(1)).toEqual([1, 2].map(() => `blames ${a.transport.peerId} frame-too-long`));
    });

    it('gives up a request that takes too long, or whose link falls', async () => {
      const [a, b] = await pair();
      const never = (timeoutMs: number) =>
        codeOf(a.transport.request(b.transport.peerId, '/test/never/1', bytesOf(1), { timeoutMs, answerBytes: 1 }));
      expect(await never(50)).toBe('request-failed');
      const underWay = never(60_000);
      await a.transport.disconnect(b.transport.peerId);
      expect(await underWay).toBe('request-failed');
    });

    /** Three in a line, whose gossip has found its way: the real transport passes on only once its mesh has formed. */
    async function line(): Promise<[Party, Party, Party]> {
      const [a, b, c] = [await join(), await join(), await join()];
      await dial(a, b);
      await dial(b, c);
      await until(() => a.transport.subscribers(topic).length === 1 && b.transport.subscribers(topic).length === 2);
      for (let probe = 0; c.heard.length === 0; probe += 1) {
        await a.transport.broadcast(topic, bytesOf(100, probe));
        await until(() => c.heard.length > 0, 100).catch(() => {});
      }
      for (const { heard } of [a, b, c]) heard.splice(0);
      return [a, b, c];
    }

    it('passes a broadcast on along a line, once, and never back', async () => {
      const [a, b, c] = await line();
      await a.transport.broadcast(topic, bytesOf(2_000));
      await until(() => c.heard.some(({ bytes }) => bytes.length === 2_000));
      await a.transport.broadcast(topic, bytesOf(2_000));
      await a.transport.broadcast(topic, bytesOf(3_000));
      await until(() => c.heard.some(({ bytes }) => bytes.length === 3_000));
      const long = (party: Party) => party.heard.filter(({ bytes }) => bytes.length > 100);
      expect(long(b).map(({ from }) => from)).toEqual([a.transport.peerId, a.transport.peerId]);
      expect(long(c)).toEqual([2_000, 3_000].map((length) => ({ bytes: bytesOf(length), from: b.transport.peerId })));
      expect(a.heard).toEqual([]);
    });

    it.each(['ignore', 'reject'] as const)('does not pass on what is answered with %s', async (verdict) => {
      const [a, b, c] = await line();
      b.verdict = verdict;
      await a.transport.broadcast(topic, bytesOf(2_000));
      await until(() => b.heard.some(({ bytes }) => bytes.length === 2_000));
      b.verdict = 'accept';
      await a.transport.broadcast(topic, bytesOf(3_000));
      await until(() => c.heard.some(({ bytes }) => bytes.length === 3_000));
      expect(c.heard.some(({ bytes }) => bytes.length === 2_000)).toBe(false);
    });

    it('asks the gate for each new link, in both directions', async () => {
      const [a, b] = [await join(), await join()];
      a.transport.setGate((peerId) => peerId !== b.transport.peerId);
      expect(await codeOf(dial(a, b))).toBe('dial-failed');
      // The other side may have had a link for a moment, before it was refused.
      await codeOf(dial(b, a));
      await until(() => b.log.length % 2 === 0);
      expect(a.log).toEqual([]);
      a.transport.setGate(() => true);
      await dial(b, a);
      await until(() => a.log.length === 1);
    });

    it('makes and takes no links while offline', async () => {
      const [a, b] = await pair();
      await a.transport.setOffline(true);
      await until(() => a.log.length === 2 && b.log.length === 2);
      expect(await codeOf(dial(a, b))).toBe('dial-failed');
      await codeOf(dial(b, a));
      expect(a.log).toHaveLength(2);
      await a.transport.setOffline(false);
      await dial(b, a);
      await until(() => a.log.length === 3);
      expect(await echo(a, b, bytesOf(5))).toEqual(bytesOf(5));
    });

    it('is quiet after a stop', async () => {
      const [a, b] = await pair();
      await b.transport.stop();
      await until(() => a.log.length === 2);
      expect(a.log[1]).toBe(`lost ${b.transport.peerId}`);
      expect(await codeOf(echo(b, a, bytesOf(1)))).toBe('request-failed');
      expect(await codeOf(echo(a, b, bytesOf(1)))).toBe('request-failed');
      expect(b.transport.addresses()).toEqual([]);
    });
  });
}
