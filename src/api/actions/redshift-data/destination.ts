import { redshiftArn } from '../../../core/arn.ts';
import { LIMITS } from '../../../core/limits.ts';
import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import {
  type CredentialsRequest,
  type IssuedCredentials,
  issueCredentials,
  requireValid,
} from '../../../redshift/issue-credentials.ts';
import { credentialsPermissions } from '../../../redshift/required-permissions.ts';
import { noEndpoint, statementInvalid } from '../../../redshift/statement-errors.ts';
import type { StatementLogin, StatementTarget } from '../../../redshift/statements.ts';
import { clusterOfWorkgroup, serverlessArn } from '../../../redshift/workgroups.ts';
import type { Caller, RequiredPermission } from '../../action.ts';
import { issueTerms } from '../redshift/issue-terms.ts';
import { issuingCluster } from '../redshift/issuing-cluster.ts';
import { ownCredentials, ownCredentialsKeys, requireLogins } from '../redshift/own-credentials.ts';
import { tagKeysOf } from '../redshift/permissions.ts';
import type { RedshiftDataDeps } from './deps.ts';

/**
 * Where a request wants to go and as whom: a cluster as a database user (the rights of GetClusterCredentials), or a
 * cluster or workgroup as the caller itself (those of GetClusterCredentialsWithIAM, or of GetCredentials).
 * Source: Amazon Redshift Management Guide, "Choosing database authentication credentials".
 */
export interface DestinationInput {
  readonly ClusterIdentifier?: string | undefined;
  readonly WorkgroupName?: string | undefined;
  readonly SecretArn?: string | undefined;
  readonly DbUser?: string | undefined;
  readonly Database?: string | undefined;
}

interface Destination {
  /** Of the two one is given. */
  readonly cluster: string | undefined;
  readonly workgroup: string | undefined;
  readonly database: string;
  readonly dbUser: string | undefined;
}

/** Throws ValidationException for a combination that leads nowhere. */
function destinationOf(input: DestinationInput): Destination {
  const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
  const { ClusterIdentifier, WorkgroupName, SecretArn, DbUser, Database } = input;
  const destination = {
    cluster: given(ClusterIdentifier),
    workgroup: given(WorkgroupName),
    dbUser: given(DbUser),
    database: given(Database) ?? '',
  };
  if (given(SecretArn) !== undefined) {
    throw statementInvalid(
      'SecretArn cannot be used: Keyshift has no Secrets Manager. Leave it out for temporary credentials of your ' +
        'own, or give DbUser.',
    );
  }
  if (destination.cluster !== undefined && destination.workgroup !== undefined) {
    throw statementInvalid('Only one of ClusterIdentifier and WorkgroupName can be specified.');
  }
  if (destination.cluster === undefined && destination.workgroup === undefined) {
    throw statementInvalid('Either ClusterIdentifier or WorkgroupName must be specified.');
  }
  if (destination.database === '') throw statementInvalid('Database must be specified.');
  if (destination.workgroup !== undefined && destination.dbUser !== undefined) {
    throw statementInvalid('DbUser cannot be specified with WorkgroupName.');
  }
  return destination;
}

/** The pairs for an action of the Data API there, and those for the credentials that it needs. */
export async function destinationPermissions(
  action: string,
  deps: RedshiftDataDeps,
  caller: Caller,
  input: DestinationInput,
): Promise<readonly RequiredPermission[]> {
  const { cluster = '', workgroup, database, dbUser } = destinationOf(input);
  caller.note({ cluster: workgroup === undefined ? cluster : undefined, workgroup, database, dbUser });
  const { region } = caller;
  const { accountId } = caller.principal;
  const tags = tagKeysOf(await destinationCluster(deps, caller, input));
  const context = new Map(tags);
  const own = { context: ownCredentialsKeys({ dbName: database }, tags) };
  if (workgroup !== undefined) {
    const resource = await workgroupResource(deps, caller, workgroup);
    return [
      { action, resource, context },
      { action: 'redshift-serverless:GetCredentials', resource, ...own },
    ];
  }
  const first = { action, resource: clusterArn(region, { accountId, identifier: cluster }), context };
  if (dbUser !== undefined) {
    const request = toRequest(dbUser, database);
    return [first, ...credentialsPermissions(region, accountId, cluster, request, tags)];
  }
  const resource = redshiftArn(region, accountId, 'dbname', `${cluster}/${database}`);
  return [first, { action: 'redshift:GetClusterCredentialsWithIAM', resource, ...own }];
}

/** The resource of a cluster or workgroup that a statement has run in, for what is asked of it later. */
export function targetResource(caller: Caller, { cluster, workgroup }: StatementTarget): string {
  const { accountId } = caller.principal;
  return workgroup === undefined
    ? clusterArn(caller.region, { accountId, identifier: cluster })
    : serverlessArn('workgroup', caller.region, accountId, cluster);
}

/** Issues the credential, as the operation of the same right does. Throws ValidationException. */
export async function logInTo(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: DestinationInput,
): Promise<{ readonly target: StatementTarget; readonly login: StatementLogin }> {
  const { workgroup, database, dbUser } = destinationOf(input);
  const cluster = await requireDestination(deps, caller, input);
  const issued =
    dbUser === undefined
      ? await ownCredentials(deps, caller, { dbName: database }, async () => cluster)
      : await issueAs(deps, caller, cluster, toRequest(dbUser, database));
  return {
    target: {
      cluster: cluster.identifier,
      workgroup,
      database,
      // The name of the user who stands for the caller is the login name itself.
      dbUser: dbUser ?? issued.dbUser,
    },
    login: { loginName: issued.dbUser, password: issued.dbPassword, sourceIp: caller.sourceIp },
  };
}

async function issueAs(
  deps: RedshiftDataDeps,
  caller: Caller,
  cluster: Cluster,
  request: CredentialsRequest,
): Promise<IssuedCredentials> {
  requireValid(request);
  requireLogins(cluster);
  const terms = await issueTerms(deps, caller);
  const issued = issueCredentials(deps, issuingCluster(deps, caller, cluster), request, terms);
  const { credentialId, dbUser: loginName, expiration } = issued;
  caller.note({ credentialId, loginName, expiration: expiration.toISOString() });
  return issued;
}

/** As GetClusterCredentials takes it without anything beside user and database. */
function toRequest(dbUser: string, database: string): CredentialsRequest {
  return {
    dbUser,
    dbName: database,
    durationSeconds: LIMITS.credentialSecondsMin,
    autoCreate: false,
    dbGroups: [],
  };
}

async function requireDestination(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: DestinationInput,
): Promise<Cluster> {
  const found = await destinationCluster(deps, caller, input);
  if (found === undefined) throw noEndpoint();
  return found;
}

async function destinationCluster(
  deps: RedshiftDataDeps,
  caller: Caller,
  input: DestinationInput,
): Promise<Cluster | undefined> {
  const { cluster: identifier, workgroup } = destinationOf(input);
  if (workgroup !== undefined) return workgroupCluster(deps, caller, workgroup);
  return identifier === undefined ? undefined : deps.clusters.find(caller.principal.accountId, identifier);
}

/** By its name, or by its ARN. */
async function workgroupCluster(
  deps: RedshiftDataDeps,
  caller: Caller,
  workgroup: string,
): Promise<Cluster | undefined> {
  const { accountId } = caller.principal;
  const clusters = await deps.clusters.list(accountId);
  if (!workgroup.startsWith('arn:')) return clusterOfWorkgroup(clusters, workgroup);
  return clusters.find(
    ({ identifier }) => serverlessArn('workgroup', caller.region, accountId, identifier) === workgroup,
  );
}

async function workgroupResource(deps: RedshiftDataDeps, caller: Caller, workgroup: string): Promise<string> {
  if (workgroup.startsWith('arn:')) return workgroup;
  const cluster = await workgroupCluster(deps, caller, workgroup);
  const { accountId } = caller.principal;
  return serverlessArn('workgroup', caller.region, accountId, cluster?.identifier ?? workgroup);
}
