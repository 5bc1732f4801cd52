import { plainAddress } from '../core/addresses.ts';
import type { RequestContext } from '../policy/context.ts';
import type { Principal, PrincipalKind } from './principal.ts';
import type { Session } from './session.ts';
import { foldTagKey } from './tags.ts';

/**
 * What conditions and policy variables can ask about a principal and its request. Nothing is worked out before
 * a policy asks for it: most policies ask for nothing.
 * Source: IAM User Guide, "AWS global condition context keys".
 */
export interface RequestFacts {
  readonly sourceIp: string;
  readonly secureTransport: boolean;
  readonly userAgent: string;
  readonly region: string;
  /** When the request arrived. */
  readonly at: Date;
}

const PRINCIPAL_TAG = 'aws:principaltag/';

const PRINCIPAL_TYPES: Readonly<Record<PrincipalKind, string>> = {
  root: 'Account',
  user: 'User',
  role: 'AssumedRole',
  federated: 'FederatedUser',
};

/** The context of one decision. `extra` holds the keys of the action itself, in lower case; it hides no other. */
export function contextOf(
  principal: Principal,
  facts: RequestFacts,
  extra?: ReadonlyMap<string, readonly string[]>,
): RequestContext {
  return {
    get: (key) => {
      // The resource may be in another account than the caller; of everything else the caller's facts are first.
      if (key === 'aws:resourceaccount' && extra?.has(key)) return extra.get(key);
      const value =
        principalFact(key, principal) ??
        requestFact(key, facts) ??
        sessionFact(key, principal.session, facts.at);
      return value === undefined ? extra?.get(key) : [value];
    },
  };
}

/** What is known of a principal whatever it asks for. `key` is in lower case. */
export function principalFact(key: string, principal: Principal): string | undefined {
  if (key.startsWith(PRINCIPAL_TAG)) return principal.tags.get(foldTagKey(key.slice(PRINCIPAL_TAG.length)));
  switch (key) {
    case 'aws:userid':
      return principal.userId;
    case 'aws:username':
      return principal.userName;
    case 'aws:principalarn':
      return principal.session?.roleArn ?? principal.arn;
    case 'aws:principaltype':
      return PRINCIPAL_TYPES[principal.kind];
    case 'aws:principalaccount':
    case 'aws:resourceaccount':
      return principal.accountId;
    case 'aws:principalisawsservice':
    case 'aws:viaawsservice':
      return 'false';
    default:
      return undefined;
  }
}

function requestFact(key: string, facts: RequestFacts): string | undefined {
  switch (key) {
    case 'aws:sourceip':
      return plainAddress(facts.sourceIp);
    case 'aws:securetransport':
      return String(facts.secureTransport);
    case 'aws:useragent':
      return facts.userAgent === '' ? undefined : facts.userAgent;
    case 'aws:requestedregion':
      return facts.region;
    case 'aws:currenttime':
      return isoSeconds(facts.at);
    case 'aws:epochtime':
      return String(Math.floor(facts.at.getTime() / 1000));
    default:
      return undefined;
  }
}

/** The keys that only temporary credentials have. A long-term key has no second factor to ask for. */
function sessionFact(key: string, session: Session | undefined, at: Date): string | undefined {
  if (session === undefined) return undefined;
  switch (key) {
    case 'aws:tokenissuetime':
      return isoSeconds(session.issuedAt);
    case 'aws:multifactorauthpresent':
      return String(session.mfaAt !== undefined);
    case 'aws:multifactorauthage':
      return session.mfaAt && String(Math.floor((at.getTime() - session.mfaAt.getTime()) / 1000));
    case 'aws:sourceidentity':
      return session.sourceIdentity;
    default:
      return session.facts.get(key);
  }
}

const isoSeconds = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
