import { expect, test } from 'vitest';
import { plainAddress, sourceOf } from '../../../src/core/addresses.ts';

test.each([
  ['10.1.2.3', '10.1.2.3'],
  ['2001:db8:0:7::1', '2001:db8:0:7::/64'],
  ['2001:db8:0:7:ffff:ffff:ffff:ffff', '2001:db8:0:7::/64'],
  ['2001:db8:0:8::1', '2001:db8:0:8::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80::1%eth0'],
  ['', ''],
])('the address %j counts as %j', (address, source) => {
  expect(sourceOf(address)).toBe(source);
});

test.each([
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['::FFFF:10.1.2.3', '10.1.2.3'],
  ['10.1.2.3', '10.1.2.3'],
  ['2001:db8::1', '2001:db8::1'],
  [undefined, ''],
])('the address of a socket %j is told as %j', (address, told) => {
  expect(plainAddress(address)).toBe(told);
});
