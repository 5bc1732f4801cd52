import type { Clock } from '../../../core/clock.ts';
import { LIMITS } from '../../../core/limits.ts';
import type { AccountIndexes } from '../../../iam/account-indexes.ts';
import { type WhoCanDeps as Asking, whoCan, whyCannot } from '../../../iam/who-can.ts';
import type { Clusters } from '../../../redshift/clusters.ts';
import { invalidParameterCombination, invalidParameterValue } from '../../../redshift/errors.ts';
import { requireValid } from '../../../redshift/issue-credentials.ts';
import { type LoginQuestion, loginTarget } from '../../../redshift/login-target.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';
import { tagKeysOf } from '../redshift/permissions.ts';

/** The rows of Keyshift's table about who can get a login, and why somebody cannot. */
export interface WhoCanDeps {
  readonly indexes: AccountIndexes;
  readonly clusters: Clusters;
  readonly clock: Clock;
}

const PAGE_DEFAULT = 100;

const whoCanGetCredentials: Action<
  WhoCanDeps,
  wire.WhoCanGetCredentialsRequest,
  wire.WhoCanGetCredentialsResponse
> = {
  permissions: () => [{ action: 'keyshift:WhoCanGetCredentials', resource: '*' }],
  run: async (deps, input, caller) => {
    const question = questionOf(input, caller);
    const asked = await clustersOf(deps, input.ClusterIdentifier, caller);
    const start = markerOf(input.Marker);
    const lines: string[] = [];
    const max = input.MaxItems ?? PAGE_DEFAULT;
    for (const { cluster, known } of asked) {
      if (start !== undefined && cluster < start.cluster) continue;
      const after = cluster === start?.cluster ? start.after : undefined;
      if (lines.length === max) return { Lines: lines, Marker: nextMarker(cluster, undefined) };
      const target = loginTarget(caller.region, caller.principal.accountId, { cluster, known, ...question });
      const { able, next } = await whoCan(askingOf(deps, caller), target, { after, max: max - lines.length });
      for (const one of able) lines.push(JSON.stringify({ cluster, ...one }));
      if (next !== undefined) return { Lines: lines, Marker: nextMarker(cluster, next) };
    }
    return { Lines: lines };
  },
  changes: false,
};

const whyNotGetCredentials: Action<
  WhoCanDeps,
  wire.WhyNotGetCredentialsRequest,
  wire.WhyNotGetCredentialsResponse
> = {
  permissions: () => [{ action: 'keyshift:WhyNotGetCredentials', resource: '*' }],
  run: async (deps, input, caller) => {
    const question = questionOf(input, caller);
    const asked = await clustersOf(deps, input.ClusterIdentifier, caller);
    const lines: string[] = [];
    for (const { cluster, known } of asked) {
      const target = loginTarget(caller.region, caller.principal.accountId, { cluster, known, ...question });
      const answer = await whyCannot(askingOf(deps, caller), target, input.PrincipalArn);
      lines.push(JSON.stringify({ cluster, ...answer }));
    }
    return { Lines: lines };
  },
  changes: false,
};

function askingOf({ indexes, clock }: WhoCanDeps, { principal, region }: Caller): Asking {
  return { indexes, at: clock.now(), region, accountId: principal.accountId };
}

/** Throws InvalidParameterCombination and InvalidParameterValue (400): only names that a login can have are asked about. */
function questionOf(input: wire.LoginQuestion, caller: Caller): Omit<LoginQuestion, 'cluster' | 'known'> {
  const { DbUser: dbUser, DbName: dbName, DbGroups: dbGroups = [], AutoCreate: autoCreate = false } = input;
  caller.note({ dbUser, database: dbName, groups: dbGroups, cluster: input.ClusterIdentifier });
  if (dbUser === undefined && dbGroups.length === 0) {
    throw invalidParameterCombination('Either DbUser or DbGroups must be specified.');
  }
  const durationSeconds = LIMITS.credentialSecondsMin;
  requireValid({ dbUser: dbUser ?? 'x', dbName, durationSeconds, autoCreate, dbGroups });
  return { dbUser, dbName, dbGroups, autoCreate };
}

/** The cluster that is asked about, or all of the account by name, with the keys of its tags. Throws ClusterNotFound. */
async function clustersOf({ clusters }: WhoCanDeps, identifier: string | undefined, { principal }: Caller) {
  const { accountId } = principal;
  const asked =
    identifier === undefined ? await clusters.list(accountId) : [await clusters.get(accountId, identifier)];
  return asked.map((cluster) => ({ cluster: cluster.identifier, known: tagKeysOf(cluster) }));
}

/** A page ends within a cluster, after a principal. Identifiers of clusters hold no space. */
function nextMarker(cluster: string, after: string | undefined): string {
  return after === undefined ? cluster : `${cluster} ${after}`;
}

function markerOf(marker: string | undefined) {
  if (marker === undefined) return undefined;
  const [cluster, after, ...rest] = marker.split(' ');
  if (cluster === undefined || cluster === '' || rest.length > 0) {
    throw invalidParameterValue(`The marker ${marker} is not one that this operation gave.`);
  }
  return { cluster, after };
}

export const whoCanActions = {
  WhoCanGetCredentials: whoCanGetCredentials,
  WhyNotGetCredentials: whyNotGetCredentials,
} as const;
