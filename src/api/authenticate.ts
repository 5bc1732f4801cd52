import type { Clock } from '../core/clock.ts';
import { AwsError } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import type { AccessKeyUsage } from '../iam/access-key-usage.ts';
import type { Directory } from '../iam/directory.ts';
import type { Principal } from '../iam/principal.ts';
import { parseSignature, type SigningKeyCache, verifySignature } from '../sigv4/index.ts';
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

/** Throws the authentication errors of the query protocol (400 or 403). */
export async function authenticate(
  deps: Authenticator,
  request: ReceivedRequest,
  table: ServiceTable,
): Promise<Principal> {
  const claim = parseSignature(request);
  const found = await deps.directory.findAccessKey(claim.accessKeyId);
  const isUsable = found?.active === true && claim.sessionToken === undefined;
  const secret = isUsable ? found.secret : NOBODYS_SECRET;
  try {
    verifySignature(claim, request, {
      secret,
      keys: deps.keys,
      expected: {
        services: new Set([table.name]),
        region: GLOBAL.has(table.name) ? undefined : deps.region,
      },
      clock: deps.clock,
      windowMinutes: deps.windowMinutes,
    });
  } catch (error) {
    throw isUsable ? error : invalidToken();
  }
  if (!isUsable) throw invalidToken();
  const { region, service } = claim.scope;
  deps.usage.note(found.accountId, found.accessKeyId, { at: deps.clock.now(), service, region });
  return found.principal;
}

function invalidToken(): AwsError {
  return new AwsError('InvalidClientTokenId', 403, 'The security token included in the request is invalid');
}
