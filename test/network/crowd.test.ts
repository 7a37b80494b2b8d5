import { expect, test } from 'vitest';
import { whoGivesWay } from '../../src/network/crowd.ts';

const strangers = (...addresses: string[]) =>
  addresses.map((address, index) => ({ peerId: `${index} ${address}`, address }));

test('all may stay while there are places', () => {
  expect(whoGivesWay(strangers('10.0.0.1:1', '10.0.0.2:1'), 2)).toBeNull();
});

test.each([
  ['the newest of the largest crowd', ['10.0.0.1:1', '10.0.0.2:1', '10.0.0.9:1', '10.0.7.1:1'], '2 10.0.0.9:1'],
  ['a whole /24 is one crowd', ['10.0.7.1:1', '10.0.0.1:1', '10.0.0.200:9'], '2 10.0.0.200:9'],
  [
    'a whole /48 is one crowd',
    ['[2001:db8:1::1]:1', '[2001:db8:2::1]:1', '[2001:db8:2:9::1]:1'],
    '2 [2001:db8:2:9::1]:1',
  ],
  ['IPv4 within IPv6 is IPv4', ['10.0.0.1:1', '[::ffff:10.0.0.7]:1', '10.0.7.1:1'], '1 [::ffff:10.0.0.7]:1'],
  ['the newcomer, where nobody is more of a crowd', ['10.0.1.1:1', '10.0.2.1:1', '10.0.3.1:1'], '2 10.0.3.1:1'],
])('%s', (_what, addresses, gone) => {
  expect(whoGivesWay(strangers(...addresses), addresses.length - 1)).toBe(gone);
});
