/** IPv4 and IPv6 addresses and CIDR ranges of address conditions. Sources: RFC 4632, RFC 4291, RFC 5952. */

/** 16-bit words in network order: two for IPv4, eight for IPv6. An IPv4-mapped IPv6 address is its IPv4 address. */
export type IpAddress = readonly number[];

export interface IpRange {
  readonly address: IpAddress;
  readonly prefixBits: number;
}

const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
const PREFIX = /^(?:0|[1-9][0-9]{0,2})$/;
const MAPPED_PREFIX_BITS = 96;

/** The last one read: conditions ask for the address of one request again and again. */
let lastRead: { readonly text: string; readonly address: IpAddress | undefined } = {
  text: '',
  address: undefined,
};

/** Reads an address; undefined if `text` is none. Octal octets and zone ids are refused. */
export function parseIpAddress(text: string): IpAddress | undefined {
  if (lastRead.text !== text) lastRead = { text, address: readIpAddress(text) };
  return lastRead.address;
}

function readIpAddress(text: string): IpAddress | undefined {
  if (!text.includes(':')) return parseV4(text);
  const words = parseV6(text);
  return words !== undefined && isMapped(words) ? words.slice(6) : words;
}

/** Reads a CIDR range, or an address alone, which is a range of one; undefined if `text` is neither. */
export function parseIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const addressText = slash < 0 ? text : text.slice(0, slash);
  const words = addressText.includes(':') ? parseV6(addressText) : parseV4(addressText);
  if (words === undefined) return undefined;
  const bits = words.length * 16;
  const prefixText = slash < 0 ? String(bits) : text.slice(slash + 1);
  const prefixBits = PREFIX.test(prefixText) ? Number(prefixText) : Number.POSITIVE_INFINITY;
  if (prefixBits > bits) return undefined;
  return isMapped(words) && prefixBits >= MAPPED_PREFIX_BITS
    ? { address: words.slice(6), prefixBits: prefixBits - MAPPED_PREFIX_BITS }
    : { address: words, prefixBits };
}

/** True if `address` is of the range's family and has its prefix. */
export function ipRangeContains(range: IpRange, address: IpAddress): boolean {
  if (address.length !== range.address.length) return false;
  let bits = range.prefixBits;
  for (let index = 0; bits > 0; index += 1, bits -= 16) {
    const difference = (address[index] ?? 0) ^ (range.address[index] ?? 0);
    if (difference >> Math.max(0, 16 - bits) !== 0) return false;
  }
  return true;
}

function parseV4(text: string): number[] | undefined {
  const octets = text.split('.');
  if (octets.length !== 4 || !octets.every((octet) => OCTET.test(octet) && Number(octet) < 256))
    return undefined;
  const [a, b, c, d] = octets.map(Number) as [number, number, number, number]; // four, by the check above
  return [(a << 8) | b, (c << 8) | d];
}

function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  // `::` stands for at least one group of zeros.
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups between colons; the last may be a dotted IPv4 address when it ends the whole text. */
function parseGroups(text: string, endsAddress: boolean): number[] | undefined {
  if (text === '') return [];
  const words: number[] = [];
  const groups = text.split(':');
  if (groups.length > 8) return undefined;
  for (const [index, group] of groups.entries()) {
    if (GROUP.test(group)) words.push(Number.parseInt(group, 16));
    else {
      const dotted = endsAddress && index === groups.length - 1 ? parseV4(group) : undefined;
      if (dotted === undefined) return undefined;
      words.push(...dotted);
    }
  }
  return words;
}

function isMapped(words: readonly number[]): boolean {
  return words.length === 8 && words[5] === 0xffff && words.slice(0, 5).every((word) => word === 0);
}

/** The first and the last address of a range, and the addresses just outside, where there are any. */
export function ipRangeEnds({ address, prefixBits }: IpRange): readonly IpAddress[] {
  const masked = (fill: number): number[] =>
    address.map((word, index) => {
      const hostBits = Math.min(16, Math.max(0, (index + 1) * 16 - prefixBits));
      const hostMask = (1 << hostBits) - 1;
      return (word & ~hostMask & 0xffff) | (fill & hostMask);
    });
  const [first, last] = [masked(0), masked(0xffff)];
  return [first, last, ...neighbor(first, -1), ...neighbor(last, 1)];
}

/** The address `step` away; none past the ends of all addresses. */
function neighbor(address: IpAddress, step: 1 | -1): IpAddress[] {
  const words = [...address];
  for (let index = words.length - 1; index >= 0; index--) {
    const word = (words[index] ?? 0) + step;
    words[index] = word & 0xffff;
    if (word >= 0 && word <= 0xffff) return [words];
  }
  return [];
}

/** An address as text that `parseIpAddress` reads; of IPv6 without shortening. */
export function formatIpAddress(address: IpAddress): string {
  if (address.length > 2) return address.map((word) => word.toString(16)).join(':');
  return address.flatMap((word) => [word >> 8, word & 0xff]).join('.');
}
