import type { Clock } from '../core/clock.ts';
import { AwsError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { AccessKeyUsage } from '../iam/access-key-usage.ts';
import type { Directory } from '../iam/directory.ts';
import type { Principal } from '../iam/principal.ts';
import {
  type CredentialScope,
  parseSignature,
  type SigningKeyCache,
  verifySignature,
} from '../sigv4/index.ts';
import type { ReceivedRequest } from './listen.ts';
import type { ServiceTable } from './services/table.ts';

/** The steps *verify signature* and *identify*: who sent the request, proved by the secret of an access key. */
export interface Authenticator {
  readonly directory: Directory;
  readonly keys: SigningKeyCache;
  readonly clock: Clock;
  readonly windowMinutes: number;
  readonly region: string;
  readonly usage: AccessKeyUsage;
}

/** Services without regions: their calls may be signed for any (clients use us-east-1 or their own). */
const GLOBAL = new Set(['iam', 'sts']);

/** Verified in the place of an unknown key's, so that the answer takes the same work. */
const NOBODYS_SECRET = new Secret('nobody has this secret access key');

/** Who sent a request, and with which access key. */
export interface Identified {
  readonly principal: Principal;
  readonly accessKeyId: string;
}

/** Credentials that a request claims to be signed with. */
interface Credentials {
  readonly secret: Secret;
  /** Refuses what is found out only now: nobody learns of it who does not have the secret. */
  principal(now: Date): Principal;
  /** Notes the use of a long-term key, or of a role. */
  noteUse(scope: CredentialScope, at: Date): void;
}

/** Throws the authentication errors of the query protocol (400 or 403). */
export async function authenticate(
  deps: Authenticator,
  request: ReceivedRequest,
  table: ServiceTable,
): Promise<Identified> {
  const claim = parseSignature(request);
  const { sessionToken } = claim;
  const found =
    sessionToken === undefined
      ? await findLongTerm(deps, claim.accessKeyId)
      : await findTemporary(deps, claim.accessKeyId, sessionToken);
  try {
    verifySignature(claim, request, {
      secret: found?.secret ?? NOBODYS_SECRET,
      keys: deps.keys,
      expected: {
        services: table.signedFor,
        region: GLOBAL.has(table.name) ? undefined : deps.region,
      },
      clock: deps.clock,
      windowMinutes: deps.windowMinutes,
    });
  } catch (error) {
    throw found === undefined ? invalidToken() : error;
  }
  if (found === undefined) throw invalidToken();
  const now = deps.clock.now();
  const principal = found.principal(now);
  found.noteUse(claim.scope, now);
  return { principal, accessKeyId: claim.accessKeyId };
}

async function findLongTerm(deps: Authenticator, accessKeyId: string): Promise<Credentials | undefined> {
  const key = await deps.directory.findAccessKey(accessKeyId);
  if (key?.active !== true) return undefined;
  return {
    secret: key.secret,
    principal: () => key.principal,
    noteUse: ({ service, region }, at) =>
      deps.usage.note(key.accountId, key.accessKeyId, { at, service, region }),
  };
}

async function findTemporary(
  deps: Authenticator,
  accessKeyId: string,
  token: Secret,
): Promise<Credentials | undefined> {
  const session = await deps.directory.findSession(accessKeyId, token);
  if (session === undefined || session.state === 'orphaned') return undefined;
  return {
    secret: session.secret,
    principal: (now) => {
      if (session.state !== 'live' || now >= session.expiresAt) throw expiredToken();
      return session.principal;
    },
    noteUse: ({ service, region }, at) => {
      const principal = session.state === 'live' ? session.principal : undefined;
      if (principal?.kind !== 'role' || principal.session?.ownerId === undefined) return;
      deps.usage.note(session.accountId, principal.session.ownerId, { at, service, region });
    },
  };
}

/** Of who is nobody, or is no more. */
export function invalidToken(): AwsError {
  return new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid');
}

/** Also for a revoked session: SDKs answer it by asking their provider for new credentials. */
function expiredToken(): AwsError {
  return new AwsError('ExpiredToken', 403, 'The security token included in the request is expired');
}
