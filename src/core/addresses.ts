/** An IPv4 address that arrived on an IPv6 socket (`::ffff:10.1.2.3`) is an IPv4 address to policies and logs. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return /^::ffff:\d+\.\d+\.\d+\.\d+$/i.test(address) ? address.slice('::ffff:'.length) : address;
}
