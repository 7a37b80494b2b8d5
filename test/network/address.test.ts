import { describe, expect, it } from 'vitest';
import { isLoopback, parseAddress } from '../../src/network/index.ts';

const peerId = '12D3KooWSQ4DREPmVcok7ffWEDvvZaD2LksHKM4ehmiX9MFc1GYP';

describe('an address', () => {
  it.each([
    ['127.0.0.1:5002', '127.0.0.1:5002'],
    ['[::1]:5002', '[::1]:5002'],
    ['[0:0:0:0:0:0:0:1]:5002', '[::1]:5002'],
    ['LocalHost:5002', 'localhost:5002'],
    ['clinic.example:80', 'clinic.example:80'],
    ['/ip4/10.0.0.1/tcp/5002', '10.0.0.1:5002'],
    ['/ip6/::1/tcp/5002', '[::1]:5002'],
    ['/dns4/clinic.example/tcp/5002', 'clinic.example:5002'],
    [`/ip4/10.0.0.1/tcp/5002/p2p/${peerId}`, `/ip4/10.0.0.1/tcp/5002/p2p/${peerId}`],
  ])('%s is known as %s', (text, canonical) => {
    expect(parseAddress(text).text).toBe(canonical);
    expect(parseAddress(canonical)).toEqual(parseAddress(text));
  });

  it.each([
    ...['', ':', '5002', '127.0.0.1', '127.0.0.1:', '127.0.0.1:0', '127.0.0.1:65536', '256.0.0.1:5', '1.2.3:5'],
    ...['::1:5002', '[::1]', '[127.0.0.1]:5', 'a b:5', 'http://a:5', '-a.b:5', 'a..b:5', `${'a'.repeat(600)}:5`],
    ...['/', '/ip4/1.2.3.4', '/ip4/1.2.3.4/udp/5', '/ip4/1.2.3.4/tcp/5/ws', '/tcp/5', `/p2p/${peerId}`, '/unix/a'],
    ...['/ip4/1.2.3.4/tcp/5/p2p/nobody', '127.0.0.1:5\n', '\u001b[2J:5'],
  ])('is not %j', (text) => {
    expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'bad-peer-address' }));
    expect(() => parseAddress(text)).toThrow(/127\.0\.0\.1:5002.*\/ip4\/127\.0\.0\.1\/tcp\/5002/);
  });

  it('is of this machine for certain, or not', () => {
    for (const host of ['127.0.0.1', '127.9.9.9', '::1', 'localhost']) expect(isLoopback(host)).toBe(true);
    for (const host of ['10.0.0.1', '0.0.0.0', '::', 'clinic.example', '127.0.0.1.example', '::2']) {
      expect(isLoopback(host)).toBe(false);
    }
  });
});
