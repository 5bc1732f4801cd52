import { parseIpAddress } from './ip-range.ts';

/** An IPv4 address that arrived on an IPv6 socket (`::ffff:10.1.2.3`) is an IPv4 address to policies and logs. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice('::ffff:'.length) : address;
}

/**
 * What counts as one client where clients are limited by address: an IPv4 address, or the /64 of an IPv6 one, of which
 * one client has all (RFC 6177). Any other text stands for itself.
 */
export function sourceOf(address: string): string {
  const words = parseIpAddress(address);
  if (words === undefined || words.length === 2) return address;
  const prefix = words.slice(0, 4).map((word) => word.toString(16));
  return `${prefix.join(':')}::/64`;
}
