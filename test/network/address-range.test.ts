import { expect, test } from 'vitest';
import { doorOf, rangeOf } from '../../src/network/address-range.ts';

test.each([
  ['10.0.7.1', '10.0.7.1', '10.0.7'],
  ['127.0.0.1', '127.0.0.1', '127.0.0'],
  ['::ffff:10.0.0.7', '10.0.0.7', '10.0.0'],
  ['::ffff:a00:7', '10.0.0.7', '10.0.0'],
  ['::1', '0:0:0::', '0:0:0::'],
  ['2001:db8:1::1', '2001:db8:1::', '2001:db8:1::'],
  ['2001:DB8:1:2:3:4:5:6', '2001:db8:1::', '2001:db8:1::'],
  ['2001:db8::7', '2001:db8:0::', '2001:db8:0::'],
  ['fe80::1%eth0', 'fe80:0:0::', 'fe80:0:0::'],
  ['clinic.example', 'clinic.example', 'clinic.example'],
])('%s is behind the door %s, in the range %s', (host, door, range) => {
  expect([doorOf(host), rangeOf(host)]).toEqual([door, range]);
});
