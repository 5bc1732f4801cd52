import { sourceOf } from '../core/addresses.ts';
import { dropOldest } from '../core/drop-oldest.ts';
import { parseIpAddress } from '../core/ip-range.ts';

/** From which networks each credential was used on this node: a stolen one is mostly used from another place than its owner's. */

/** Credentials remembered at a time; the oldest is forgotten first. An entry has some hundred bytes. */
const CREDENTIALS_MAX = 10_000;
/** Networks remembered for one credential, so that a caller with many addresses does not fill memory. */
const NETWORKS_MAX = 16;

export class CredentialNetworks {
  readonly #seen = new Map<string, Set<string>>();

  /** Notes a use. Gives the networks of earlier uses on this node when this one is new, of which the first has none. */
  note(credentialId: string, sourceIp: string): readonly string[] | undefined {
    const network = networkOf(sourceIp);
    const seen = this.#seen.get(credentialId);
    if (seen === undefined) {
      dropOldest(this.#seen, CREDENTIALS_MAX);
      this.#seen.set(credentialId, new Set([network]));
      return [];
    }
    if (seen.has(network) || seen.size >= NETWORKS_MAX) return undefined;
    const earlier = [...seen];
    seen.add(network);
    return earlier;
  }
}

/** The /24 of an IPv4 address, the /64 of an IPv6 one: what one site has. Any other text stands for itself. */
export function networkOf(sourceIp: string): string {
  const words = parseIpAddress(sourceIp);
  if (words === undefined || words.length > 2) return sourceOf(sourceIp);
  const [high = 0, low = 0] = words;
  return `${high >> 8}.${high & 0xff}.${low >> 8}.0/24`;
}
