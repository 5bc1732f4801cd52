import { dbNameProblem, dbUserNameProblem, isReservedRoleName } from '../core/names.ts';
import type { Secret } from '../core/secret.ts';
import { invalidParameterValue } from './errors.ts';

/** The documented constraints of CreateCluster and ModifyCluster. Source: Amazon Redshift API Reference. */

const IDENTIFIER = /^[a-z](?:-?[a-z0-9]){0,62}$/;
const DATABASE = /^[a-z][a-z0-9_]{0,63}$/;
const PASSWORD_CHARACTERS = /^[!-~]{8,64}$/;

/** Throws InvalidParameterValue. */
export function requireClusterIdentifier(identifier: string): void {
  if (IDENTIFIER.test(identifier) && identifier.length <= 63) return;
  throw invalidParameterValue(
    'The cluster identifier must contain 1 to 63 lower-case letters, digits or hyphens, begin with a letter, ' +
      'and must not end with a hyphen or contain two in a row.',
  );
}

export function requireMasterUsername(name: string): void {
  if (dbUserNameProblem(name) === undefined && !isReservedRoleName(name)) return;
  throw invalidParameterValue(
    'The master user name must begin with a letter, contain at most 63 letters, digits or the characters ' +
      '_ + . @ -, and must not be a reserved word.',
  );
}

export function requireMasterPassword(password: Secret): void {
  const text = password.reveal();
  const isStrong = /[A-Z]/.test(text) && /[a-z]/.test(text) && /[0-9]/.test(text);
  if (PASSWORD_CHARACTERS.test(text) && isStrong && !/['"\\/@]/.test(text)) return;
  throw invalidParameterValue(
    'The parameter MasterUserPassword must have 8 to 64 characters with at least one upper-case letter, one ' +
      'lower-case letter and one number, all printable ASCII except \', ", \\, /, @ and space.',
  );
}

export function requireDatabaseName(name: string): void {
  if (DATABASE.test(name) && dbNameProblem(name) === undefined && !isReservedRoleName(name)) return;
  throw invalidParameterValue(
    'The database name must begin with a letter, contain at most 63 lower-case letters, digits or underscores, ' +
      'and must not be a reserved word.',
  );
}
