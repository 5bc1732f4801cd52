import { redshiftArn } from '../core/arn.ts';
import type { CredentialsRequest } from './issue-credentials.ts';

type Keys = readonly (readonly [string, readonly string[]])[];

/** An action on a resource, with the condition keys that only this pair has (names in lower case). */
export interface Permission {
  readonly action: string;
  readonly resource: string;
  readonly context: ReadonlyMap<string, readonly string[]>;
}

/**
 * The pairs that policy must allow for GetClusterCredentials, in the order in which a refusal names them. They
 * are made from the values as sent, which are the ones that are then validated and looked up. The tags of the cluster
 * are keys of every pair: a user, a database and a group have none of their own.
 * Source: Amazon Redshift Management Guide, "Resource policies for GetClusterCredentials"; API reference.
 */
export function credentialsPermissions(
  region: string,
  accountId: string,
  clusterIdentifier: string,
  request: CredentialsRequest,
  clusterTagKeys: Keys = [],
): Permission[] {
  const arn = (kind: 'dbuser' | 'dbname' | 'dbgroup', name: string): string =>
    redshiftArn(region, accountId, kind, `${clusterIdentifier}/${name}`);
  const user = arn('dbuser', request.dbUser);
  const context = requestKeys(request, clusterTagKeys);
  const pairs: Permission[] = [{ action: 'redshift:GetClusterCredentials', resource: user, context }];
  if (request.dbName !== undefined) {
    pairs.push({
      action: 'redshift:GetClusterCredentials',
      resource: arn('dbname', request.dbName),
      context,
    });
  }
  if (request.autoCreate) pairs.push({ action: 'redshift:CreateClusterUser', resource: user, context });
  for (const group of new Set(request.dbGroups)) {
    pairs.push({ action: 'redshift:JoinGroup', resource: arn('dbgroup', group), context });
  }
  return pairs;
}

/** The database name is a key only when one was sent: a condition on it then refuses credentials for any database. */
function requestKeys(
  request: CredentialsRequest,
  clusterTagKeys: Keys,
): ReadonlyMap<string, readonly string[]> {
  const keys = new Map<string, readonly string[]>([
    ...clusterTagKeys,
    ['redshift:dbuser', [request.dbUser]],
    ['redshift:durationseconds', [String(request.durationSeconds)]],
  ]);
  if (request.dbName !== undefined) keys.set('redshift:dbname', [request.dbName]);
  return keys;
}
