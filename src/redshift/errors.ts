import { AwsError } from '../core/errors.ts';

/** The errors of Redshift's API, with their codes, statuses and texts. Source: Redshift API Reference, "Errors" of each action. */

/** `near` is a name to try instead, for callers who may see it. */
/** Source: Redshift API Reference, CreateCluster, Errors. */
export const clusterQuotaExceeded = (): AwsError =>
  new AwsError(
    'ClusterQuotaExceeded',
    400,
    'The request would exceed the allowed number of cluster instances for this account.',
  );

export const clusterNotFound = (identifier: string, near?: string): AwsError =>
  new AwsError(
    'ClusterNotFound',
    404,
    `Cluster ${identifier} not found.${near === undefined ? '' : ` There is a cluster ${near}.`}`,
  );

export const clusterAlreadyExists = (): AwsError =>
  new AwsError('ClusterAlreadyExists', 400, 'Cluster already exists');

export const invalidClusterState = (message: string): AwsError =>
  new AwsError('InvalidClusterState', 400, message);

export const invalidParameterValue = (message: string): AwsError =>
  new AwsError('InvalidParameterValue', 400, message);

export const invalidParameterCombination = (message: string): AwsError =>
  new AwsError('InvalidParameterCombination', 400, message);

export const unsupportedOperation = (message: string): AwsError =>
  new AwsError('UnsupportedOperation', 400, message);

export const customDomainNotFound = (): AwsError =>
  new AwsError('CustomDomainAssociationNotFoundFault', 404, 'The custom domain association was not found.');

export const customDomainExists = (): AwsError =>
  new AwsError('CustomCnameAssociationFault', 400, 'The custom domain name is already associated.');

export const authenticationProfileNotFound = (name: string): AwsError =>
  new AwsError(
    'AuthenticationProfileNotFoundFault',
    404,
    `The authentication profile ${name} can't be found.`,
  );

export const authenticationProfileExists = (name: string): AwsError =>
  new AwsError(
    'AuthenticationProfileAlreadyExistsFault',
    400,
    `The authentication profile ${name} already exists.`,
  );

export const invalidAuthenticationProfile = (message: string): AwsError =>
  new AwsError('InvalidAuthenticationProfileRequestFault', 400, message);

/** `code` is the one of that kind of resource. */
export const quotaExceeded = (code: string, max: number, what: string): AwsError =>
  new AwsError(code, 400, `There can be at most ${max} ${what}.`);
