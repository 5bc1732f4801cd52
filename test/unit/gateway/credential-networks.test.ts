import { describe, expect, test } from 'vitest';
import { CredentialNetworks, networkOf } from '../../../src/gateway/credential-networks.ts';

test.each([
  ['192.0.2.17', '192.0.2.0/24'],
  ['255.255.255.255', '255.255.255.0/24'],
  ['0.0.0.0', '0.0.0.0/24'],
  ['2001:db8:1:2:3::4', '2001:db8:1:2::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::ffff:192.0.2.17', '192.0.2.0/24'],
  ['nowhere', 'nowhere'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

describe('the networks of a credential', () => {
  test('are told when a second one appears, once', () => {
    const networks = new CredentialNetworks();
    expect(networks.note('a', '192.0.2.1')).toEqual([]);
    expect(networks.note('a', '192.0.2.200')).toBeUndefined();
    expect(networks.note('b', '198.51.100.1')).toEqual([]);
    expect(networks.note('a', '198.51.100.1')).toEqual(['192.0.2.0/24']);
    expect(networks.note('a', '198.51.100.2')).toBeUndefined();
    expect(networks.note('a', '203.0.113.1')).toEqual(['192.0.2.0/24', '198.51.100.0/24']);
  });

  test('are forgotten for the oldest of ten thousand credentials, and at most sixteen are kept', () => {
    const networks = new CredentialNetworks();
    for (let n = 0; n < 10_001; n++) networks.note(`credential-${n}`, '192.0.2.1');
    expect(networks.note('credential-0', '198.51.100.1')).toEqual([]);
    expect(networks.note('credential-10000', '198.51.100.1')).toEqual(['192.0.2.0/24']);
    for (let n = 0; n < 40; n++) networks.note('many', `10.0.${n}.1`);
    expect(networks.note('many', '203.0.113.1')).toBeUndefined();
  });
});
