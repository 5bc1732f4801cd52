import { LIMITS } from '../../../core/limits.ts';
import type { Cluster } from '../../../redshift/clusters.ts';
import { unsupportedOperation } from '../../../redshift/errors.ts';
import { iamUserName } from '../../../redshift/iam-user-name.ts';
import {
  type IssuedCredentials,
  issueOwnCredentials,
  requireValidForOwn,
} from '../../../redshift/issue-credentials.ts';
import type { Caller } from '../../action.ts';
import type { Keys } from '../tag-keys.ts';
import type { RedshiftDeps } from './deps.ts';
import { issueTerms } from './issue-terms.ts';
import { issuingCluster } from './issuing-cluster.ts';

/** Credentials for the database user who stands for the caller: GetClusterCredentialsWithIAM and its serverless twin. */
export interface OwnCredentialsInput {
  readonly dbName?: string | undefined;
  readonly durationSeconds?: number | undefined;
}

/** What of the request policies may ask for, by condition keys, with those of the cluster's tags. */
export function ownCredentialsKeys(
  input: OwnCredentialsInput,
  clusterTags: Keys,
): ReadonlyMap<string, readonly string[]> {
  const { dbName, durationSeconds } = toRequest(input);
  const keys = new Map<string, readonly string[]>([
    ...clusterTags,
    ['redshift:durationseconds', [String(durationSeconds)]],
  ]);
  if (dbName !== undefined) keys.set('redshift:dbname', [dbName]);
  return keys;
}

/**
 * Issues them. Throws InvalidParameterValue, and UnsupportedOperation for a cluster that cannot be logged in to and
 * for a caller whose name PostgreSQL cannot hold.
 */
export async function ownCredentials(
  deps: RedshiftDeps,
  caller: Caller,
  input: OwnCredentialsInput,
  findCluster: () => Promise<Cluster>,
): Promise<IssuedCredentials> {
  const request = toRequest(input);
  requireValidForOwn(request);
  const cluster = requireLogins(await findCluster());
  const name = requireUserName(caller);
  const terms = await issueTerms(deps, caller);
  const issued = issueOwnCredentials(deps, issuingCluster(deps, caller, cluster), name, request, terms);
  caller.note({
    credentialId: issued.credentialId,
    loginName: issued.dbUser,
    expiration: issued.expiration.toISOString(),
  });
  return issued;
}

/** Throws UnsupportedOperation for a cluster that takes no logins now. */
export function requireLogins(cluster: Cluster): Cluster {
  if (cluster.status === 'available' || cluster.status === 'modifying') return cluster;
  throw unsupportedOperation(`Cluster ${cluster.identifier} is ${cluster.status}.`);
}

function requireUserName(caller: Caller): string {
  const { arn } = caller.principal;
  const name = iamUserName(arn);
  if (name !== undefined && Buffer.byteLength(name) <= LIMITS.postgresNameBytesMax) return name;
  throw unsupportedOperation(
    `There can be no database user for ${arn}: its name, with the prefix, must have at most ` +
      `${LIMITS.postgresNameBytesMax} bytes. Use GetClusterCredentials.`,
  );
}

function toRequest({ dbName, durationSeconds }: OwnCredentialsInput) {
  return {
    // SDKs send an empty text for a name that was set and then cleared.
    dbName: dbName === '' ? undefined : dbName,
    durationSeconds: durationSeconds ?? LIMITS.credentialSecondsMin,
  };
}
