import {
  formatIpAddress,
  type IpRange,
  ipRangeContains,
  ipRangeEnds,
  parseIpRange,
} from '../../../core/ip-range.ts';
import { conditionValues } from '../../../iam/condition-values.ts';
import {
  CREDENTIAL_CONNECTIONS_MAX,
  type CredentialLimits,
  SESSION_SECONDS_MAX,
} from '../../../redshift/credential-limits.ts';
import type { LoginSettings } from '../../../redshift/login-settings.ts';
import type { Caller, Offer } from '../../action.ts';

/**
 * The limits under which a credential may be had. A policy can only say yes or no, so it is asked: may it be had without
 * limits? With a session of 3600 seconds? What is tried is what the caller's own policies name, the most generous first,
 * and what is allowed first is put into the credential.
 */

/** Condition keys, in lower case. Each is absent from a request that is not limited so. */
const SECONDS_KEY = 'keyshift:sessionseconds';
const CONNECTIONS_KEY = 'keyshift:maxconnections';
const NETWORK_KEY = 'keyshift:sourcenetwork';

/** Values tried of one key; who names more gets the most generous ones tried. Bounds the offers to 343. */
const CANDIDATES_MAX = 6;

/** The offers, one after the other: nearly every call is decided by the first. */
export function* credentialOffers(settings: LoginSettings, caller: Caller): Generator<Offer> {
  const base = { sessionSeconds: settings.sessionSeconds, connectionsMax: undefined, network: undefined };
  yield offerOf(base, []);
  const ranges = conditionValues(caller.principal, NETWORK_KEY).flatMap((text) => parseIpRange(text) ?? []);
  const seconds = numbers(
    caller,
    SECONDS_KEY,
    settings.sessionSeconds ?? SESSION_SECONDS_MAX + 1,
    SESSION_SECONDS_MAX,
  );
  const connections = numbers(
    caller,
    CONNECTIONS_KEY,
    CREDENTIAL_CONNECTIONS_MAX + 1,
    CREDENTIAL_CONNECTIONS_MAX,
  );
  for (const network of [undefined, ...widestFirst(ranges)]) {
    for (const connectionsMax of [undefined, ...connections]) {
      for (const sessionSeconds of [base.sessionSeconds, ...seconds]) {
        const limits = { sessionSeconds, connectionsMax, network };
        if (network !== undefined || connectionsMax !== undefined || sessionSeconds !== base.sessionSeconds) {
          yield offerOf(limits, ranges);
        }
      }
    }
  }
}

/** A number that a policy names, or one less for those that it must be below; under `below`, the greatest first. */
function numbers(caller: Caller, key: string, below: number, max: number): number[] {
  const named = conditionValues(caller.principal, key).flatMap((text) => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
    return [number, number - 1];
  });
  return [...new Set(named)]
    .filter((number) => number >= 1 && number <= max && number < below)
    .sort((a, b) => b - a)
    .slice(0, CANDIDATES_MAX);
}

function widestFirst(ranges: readonly IpRange[]): IpRange[] {
  const bitsLeft = ({ address, prefixBits }: IpRange): number => address.length * 16 - prefixBits;
  return [...ranges].sort((a, b) => bitsLeft(b) - bitsLeft(a)).slice(0, CANDIDATES_MAX);
}

/**
 * What policies are asked for `limits`. A network is asked for by addresses: its own ends, and every edge of a range
 * that policies name inside it, between which the answer cannot change.
 */
function offerOf(limits: CredentialLimits, ranges: readonly IpRange[]): Offer {
  const { sessionSeconds, connectionsMax, network } = limits;
  const keys = new Map<string, readonly string[]>();
  if (sessionSeconds !== undefined) keys.set(SECONDS_KEY, [String(sessionSeconds)]);
  if (connectionsMax !== undefined) keys.set(CONNECTIONS_KEY, [String(connectionsMax)]);
  if (network === undefined) return { limits, contexts: [keys] };
  const edges = [network, ...ranges]
    .flatMap(ipRangeEnds)
    .filter((address) => ipRangeContains(network, address));
  const addresses = new Set(edges.map(formatIpAddress));
  return { limits, contexts: [...addresses].map((address) => new Map([...keys, [NETWORK_KEY, [address]]])) };
}
