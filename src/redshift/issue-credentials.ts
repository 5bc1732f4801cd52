import { type Clock, epochSeconds } from '../core/clock.ts';
import type { AwsError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import { dbGroupNameProblem, dbNameProblem, dbUserNameProblem, type NameProblem } from '../core/names.ts';
import type { Secret } from '../core/secret.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import { type CredentialIssuer, mintCredential } from './credential.ts';
import type { CredentialLimits } from './credential-limits.ts';
import { invalidParameterValue } from './errors.ts';
import { formatLoginName } from './login-name.ts';

/** What GetClusterCredentials was asked for, as sent. */
export interface CredentialsRequest {
  readonly dbUser: string;
  readonly dbName: string | undefined;
  readonly durationSeconds: number;
  readonly autoCreate: boolean;
  readonly dbGroups: readonly string[];
}

interface Minting {
  readonly clock: Clock;
  readonly random: RandomBytes;
}

/** A cluster that credentials are made for. */
export interface IssuingCluster {
  readonly arn: string;
  readonly keys: DerivedKeys;
}

export interface IssuedCredentials {
  /** The login name: `IAM:` or `IAMA:`, the user, and the groups. */
  readonly dbUser: string;
  readonly dbPassword: Secret;
  readonly expiration: Date;
  readonly credentialId: string;
}

/** Who gets a credential, and what it is limited to beside the request. */
export interface IssueTerms {
  readonly issuer: CredentialIssuer;
  readonly limits: CredentialLimits;
  /** Whether its sessions end when it expires. */
  readonly endsSessions: boolean;
}

/**
 * Mints a credential for a request that policy has allowed. `request` must have passed `requireValid`.
 * Source: GetClusterCredentials, Amazon Redshift API Reference.
 */
export function issueCredentials(
  deps: Minting,
  cluster: IssuingCluster,
  request: CredentialsRequest,
  terms: IssueTerms,
): IssuedCredentials {
  const loginName = formatLoginName({
    dbUser: request.dbUser,
    groups: withoutRepeats(request.dbGroups),
    autoCreate: request.autoCreate,
  });
  return mint(deps, cluster, loginName, request, terms, false);
}

/** What GetClusterCredentialsWithIAM and its serverless twin were asked for, as sent. */
export type OwnCredentialsRequest = Pick<CredentialsRequest, 'dbName' | 'durationSeconds'>;

/**
 * Mints a credential for the database user who stands for the caller: `loginName` is that user's name as well.
 * `request` must have passed `requireValidForOwn`.
 * Source: GetClusterCredentialsWithIAM, Amazon Redshift API Reference.
 */
export function issueOwnCredentials(
  deps: Minting,
  cluster: IssuingCluster,
  loginName: string,
  request: OwnCredentialsRequest,
  terms: IssueTerms,
): IssuedCredentials {
  return mint(deps, cluster, loginName, request, terms, true);
}

function mint(
  deps: Minting,
  cluster: IssuingCluster,
  loginName: string,
  request: OwnCredentialsRequest,
  { issuer, limits, endsSessions }: IssueTerms,
  isOwnUser: boolean,
): IssuedCredentials {
  const issuedAt = deps.clock.now();
  const expiration = new Date((epochSeconds(issuedAt) + request.durationSeconds) * 1000);
  const claims = { clusterArn: cluster.arn, loginName };
  const minted = mintCredential(
    cluster.keys,
    claims,
    { database: request.dbName, issuer, issuedAt, expiresAt: expiration, limits, endsSessions, isOwnUser },
    deps.random,
  );
  return {
    dbUser: loginName,
    dbPassword: minted.password,
    expiration,
    credentialId: minted.credentialId,
  };
}

/** Refuses values outside the documented constraints. Throws InvalidParameterValue (400). */
export function requireValid(request: CredentialsRequest): void {
  requireName('DbUser', request.dbUser, dbUserNameProblem(request.dbUser));
  if (request.dbGroups.length > LIMITS.dbGroupsMax) {
    throw invalidParameterValue(`DbGroups must not have more than ${LIMITS.dbGroupsMax} groups.`);
  }
  for (const group of request.dbGroups) requireName('DbGroups', group, dbGroupNameProblem(group));
  requireValidForOwn(request);
}

/** The same for what has no user and groups. */
export function requireValidForOwn(request: OwnCredentialsRequest): void {
  if (request.dbName !== undefined) requireName('DbName', request.dbName, dbNameProblem(request.dbName));
  const { durationSeconds: seconds } = request;
  if (seconds < LIMITS.credentialSecondsMin || seconds > LIMITS.credentialSecondsMax) {
    throw invalidParameterValue(
      `Token duration must be between ${LIMITS.credentialSecondsMin} and ${LIMITS.credentialSecondsMax} seconds`,
    );
  }
}

const FORM =
  "begin with a letter, contain only alphanumeric characters, underscore ('_'), plus sign ('+'), dot ('.'), " +
  "at ('@'), or hyphen ('-'), and be between 1 and 64 characters.";

function requireName(parameter: string, name: string, problem: NameProblem | undefined): void {
  if (problem === undefined) return;
  throw nameError(parameter, name, problem);
}

function nameError(parameter: string, name: string, problem: NameProblem): AwsError {
  switch (problem) {
    case 'form': {
      const letters = parameter === 'DbGroups' ? 'must be lowercase, ' : 'must ';
      return invalidParameterValue(`${parameter} parameter ${letters}${FORM}`);
    }
    case 'reserved':
      return invalidParameterValue(`${parameter} parameter must not be a reserved word: ${name}`);
    case 'too-long-for-postgresql':
      return invalidParameterValue(
        `${parameter} parameter must not be longer than ${LIMITS.postgresNameBytesMax} bytes: ` +
          'PostgreSQL would cut it, and the login would be that of another name.',
      );
    default:
      return problem satisfies never;
  }
}

function withoutRepeats(names: readonly string[]): readonly string[] {
  return names.length < 2 ? names : [...new Set(names)];
}
