import {
  authenticationProfileExists,
  authenticationProfileNotFound,
  invalidAuthenticationProfile,
  quotaExceeded,
} from '../../../redshift/errors.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { onEverything } from './permissions.ts';

/** Options of drivers, kept on the server: a driver that is given `AuthProfile` takes them from here. */

const NAME = /^[a-zA-Z0-9-]{1,63}$/;
/** Characters of one profile; drivers know under a hundred options. */
const CONTENT_MAX = 64 * 1024;
/** Profiles of one account: all of them go into one answer. */
const PROFILES_MAX = 100;

export const createAuthenticationProfile: Action<
  RedshiftDeps,
  wire.CreateAuthenticationProfileMessage,
  wire.CreateAuthenticationProfileResult
> = {
  permissions: onEverything('CreateAuthenticationProfile'),
  run: async (deps, input, caller) => {
    const { AuthenticationProfileName: name, AuthenticationProfileContent: json } = input;
    requireName(name);
    requireContent(json);
    const refusal = {
      exists: () => authenticationProfileExists(name),
      max: PROFILES_MAX,
      tooMany: () =>
        quotaExceeded('AuthenticationProfileQuotaExceededFault', PROFILES_MAX, 'authentication profiles'),
    };
    const { accountId } = caller.principal;
    await deps.resources.insert(accountId, 'authentication-profile', name, { json }, refusal);
    return { AuthenticationProfileName: name, AuthenticationProfileContent: json };
  },
  changes: false,
};

export const describeAuthenticationProfiles: Action<
  RedshiftDeps,
  wire.DescribeAuthenticationProfilesMessage,
  wire.DescribeAuthenticationProfilesResult
> = {
  permissions: onEverything('DescribeAuthenticationProfiles'),
  run: async (deps, input, caller) => {
    const { AuthenticationProfileName: name = '' } = input;
    if (name !== '') requireName(name);
    const all = await deps.resources.list(caller.principal.accountId, 'authentication-profile');
    const found = name === '' ? all : all.filter((profile) => profile.name === name);
    if (found.length === 0 && name !== '') throw authenticationProfileNotFound(name);
    return {
      AuthenticationProfiles: found.map((profile) => ({
        AuthenticationProfileName: profile.name,
        AuthenticationProfileContent: profile.content.json,
      })),
    };
  },
  changes: false,
};

export const modifyAuthenticationProfile: Action<
  RedshiftDeps,
  wire.ModifyAuthenticationProfileMessage,
  wire.ModifyAuthenticationProfileResult
> = {
  permissions: onEverything('ModifyAuthenticationProfile'),
  run: async (deps, input, caller) => {
    const { AuthenticationProfileName: name, AuthenticationProfileContent: json } = input;
    requireName(name);
    requireContent(json);
    const { accountId } = caller.principal;
    const changed = await deps.resources.update(accountId, 'authentication-profile', name, () => ({ json }));
    if (changed === undefined) throw authenticationProfileNotFound(name);
    return { AuthenticationProfileName: name, AuthenticationProfileContent: json };
  },
  changes: false,
};

export const deleteAuthenticationProfile: Action<
  RedshiftDeps,
  wire.DeleteAuthenticationProfileMessage,
  wire.DeleteAuthenticationProfileResult
> = {
  permissions: onEverything('DeleteAuthenticationProfile'),
  run: async (deps, { AuthenticationProfileName: name }, caller) => {
    requireName(name);
    const wasThere = await deps.resources.remove(caller.principal.accountId, 'authentication-profile', name);
    if (!wasThere) throw authenticationProfileNotFound(name);
    return { AuthenticationProfileName: name };
  },
  changes: false,
};

function requireName(name: string): void {
  if (NAME.test(name)) return;
  throw invalidAuthenticationProfile(
    'The name of an authentication profile must have 1 to 63 letters, digits or hyphens.',
  );
}

function requireContent(json: string): void {
  if (json.length <= CONTENT_MAX && isJsonObject(json)) return;
  throw invalidAuthenticationProfile(
    `The content of an authentication profile must be a JSON object of at most ${CONTENT_MAX} characters.`,
  );
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
