import { Secret } from '../core/secret.ts';
import { call, type Endpoint } from './call.ts';

export interface ClusterCredentialsRequest {
  readonly clusterIdentifier: string;
  readonly dbUser: string;
  readonly dbName?: string;
  readonly dbGroups?: readonly string[];
  readonly autoCreate?: boolean;
  /** 900 to 3600; 900 if not given. */
  readonly durationSeconds?: number;
}

export interface ClusterCredentials {
  /** The user name to log in with, with its `IAM:` or `IAMA:` prefix. */
  readonly dbUser: string;
  readonly dbPassword: Secret;
  readonly expiration: Date;
}

/**
 * Gets a temporary login from Keyshift (or from Amazon Redshift). `at` is the time of the signature.
 * Throws AwsError with the service's code. Source: GetClusterCredentials, Amazon Redshift API Reference.
 */
export async function getClusterCredentials(
  endpoint: Endpoint,
  request: ClusterCredentialsRequest,
  at: Date,
): Promise<ClusterCredentials> {
  const parameters: Record<string, string> = {
    ClusterIdentifier: request.clusterIdentifier,
    DbUser: request.dbUser,
  };
  if (request.dbName !== undefined) parameters['DbName'] = request.dbName;
  if (request.autoCreate !== undefined) parameters['AutoCreate'] = String(request.autoCreate);
  if (request.durationSeconds !== undefined) parameters['DurationSeconds'] = String(request.durationSeconds);
  request.dbGroups?.forEach((group, index) => {
    parameters[`DbGroups.DbGroup.${index + 1}`] = group;
  });
  const service = { name: 'redshift', version: '2012-12-01' } as const;
  const result = await call(endpoint, service, 'GetClusterCredentials', parameters, at);
  const [dbUser = ''] = result.texts('DbUser');
  const [dbPassword = ''] = result.texts('DbPassword');
  const [expiration = ''] = result.texts('Expiration');
  return { dbUser, dbPassword: new Secret(dbPassword), expiration: new Date(expiration) };
}
