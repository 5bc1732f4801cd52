import { redshiftArn } from '../core/arn.ts';
import { LIMITS } from '../core/limits.ts';
import { dbNameProblem, dbUserNameProblem } from '../core/names.ts';

/**
 * GetClusterCredentials as something to ask about: the pairs of `credentialsPermissions`, with whatever the question
 * leaves open as an unknown.
 */

/** Who could get a login? What is undefined is left open. */
export interface LoginQuestion {
  readonly cluster: string;
  /** Condition keys that are known beside the names: those of the cluster's tags. */
  readonly known?: readonly (readonly [string, readonly string[]])[];
  readonly dbUser: string | undefined;
  readonly dbName: string | undefined;
  readonly dbGroups: readonly string[];
  readonly autoCreate: boolean;
}

const LETTERS = 'xqzabcdefghijklmnoprstuvwy';
/** Letters first, so that what is found looks like a name. */
const NAME_FIRST = LETTERS + LETTERS.toUpperCase();
const NAME_CHARACTERS = `${NAME_FIRST}0123456789_+.@-`;

const GET = 'redshift:getclustercredentials';

/** The pairs, the keys with their values, and the unknowns; of the database also whether there is one. */
export function loginTarget(region: string, accountId: string, question: LoginQuestion) {
  const { dbUser, dbName, cluster } = question;
  const arn = (kind: 'dbuser' | 'dbname' | 'dbgroup', name: string): string =>
    redshiftArn(region, accountId, kind, `${cluster}/${name}`);
  const user = pairEnd(arn('dbuser', dbUser ?? ''), 'redshift:dbuser', dbUser);
  const first = { action: GET, ...user, onlyWith: undefined };
  const others = [
    {
      action: GET,
      ...pairEnd(arn('dbname', dbName ?? ''), 'redshift:dbname', dbName),
      onlyWith: dbName === undefined ? 'redshift:dbname' : undefined,
    },
    ...(question.autoCreate ? [{ ...first, action: 'redshift:createclusteruser' }] : []),
    ...[...new Set(question.dbGroups)].map((group) => ({
      action: 'redshift:joingroup',
      resource: arn('dbgroup', group),
      resourceKey: undefined,
      onlyWith: undefined,
    })),
  ];
  return {
    pairs: [first, ...others] as const,
    known: new Map([
      ...(question.known ?? []),
      ...knownKey('redshift:dbuser', dbUser),
      ...knownKey('redshift:dbname', dbName),
    ]),
    unknowns: [
      ...(dbUser === undefined ? [name('database user', 'redshift:dbuser', false, dbUserNameProblem)] : []),
      ...(dbName === undefined ? [name('database', 'redshift:dbname', true, dbNameProblem)] : []),
      DURATION,
    ],
  };
}

const DURATION = {
  name: 'duration in seconds',
  isOptional: false,
  domain: { kind: 'number', min: LIMITS.credentialSecondsMin, max: LIMITS.credentialSecondsMax },
  keys: [{ key: 'redshift:durationseconds', valueOf: (candidate: string) => candidate }],
} as const;

/** A resource that ends in the value of a key, where that is left open. */
function pairEnd(resource: string, key: string, value: string | undefined) {
  return { resource, resourceKey: value === undefined ? key : undefined };
}

function knownKey(key: string, value: string | undefined): [string, readonly string[]][] {
  return value === undefined ? [] : [[key, [value]]];
}

function name(
  label: string,
  key: string,
  isOptional: boolean,
  problemOf: (text: string) => string | undefined,
) {
  return {
    name: label,
    isOptional,
    domain: {
      kind: 'text' as const,
      prefix: '',
      first: NAME_FIRST,
      characters: NAME_CHARACTERS,
      lengthMin: 1,
      lengthMax: LIMITS.postgresNameBytesMax,
      accepts: (text: string) => problemOf(text) === undefined,
    },
    keys: [{ key, valueOf: (candidate: string) => candidate }],
  };
}
