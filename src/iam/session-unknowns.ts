import type { Unknown, UnknownKey, UnknownOf } from '../policy/who-can/unknown.ts';

/** What of a principal is only known when it has a session: what the session says of itself. */

/** Sessions last at most 36 hours (GetSessionToken); older ones are over. */
const SESSION_SECONDS_MAX = 129_600;
/** Characters of a session's name, a source identity and a tag. Source: AssumeRole, AWS STS API Reference. */
const NAME_MAX = 64;
const NAME_MIN = 2;
const TAG_MAX = 256;

const LETTERS = 'xqzabcdefghijklmnoprstuvwyXQZABCDEFGHIJKLMNOPRSTUVWY';
const NAME_CHARACTERS = `${LETTERS}0123456789_=,.@+-`;
const TAG_CHARACTERS = `${NAME_CHARACTERS}:/ `;
/** What the facts of identity providers may hold; ASCII stands for the rest. */
const FACT_CHARACTERS = `${TAG_CHARACTERS}!"#$%&'()*;<>?[\\]^\`{|}~`;

const itself = (key: string): UnknownKey => ({ key, valueOf: (candidate) => candidate });

function text(
  name: string,
  key: UnknownKey,
  {
    characters,
    min,
    max,
    prefix = '',
    isOptional,
  }: {
    readonly characters: string;
    readonly min: number;
    readonly max: number;
    readonly prefix?: string;
    readonly isOptional: boolean;
  },
): Unknown {
  return {
    name,
    isOptional,
    domain: {
      kind: 'text',
      prefix,
      first: characters,
      characters,
      lengthMin: min,
      lengthMax: max,
      accepts: () => true,
    },
    keys: [key],
  };
}

/** Multi-factor authentication: the seconds since it, or -1 for a session without it. */
function secondFactor(isOptional: boolean): Unknown {
  return {
    name: 'multi-factor authentication',
    isOptional,
    domain: { kind: 'number', min: -1, max: SESSION_SECONDS_MAX },
    keys: [
      { key: 'aws:multifactorauthpresent', valueOf: (age) => String(Number(age) >= 0) },
      { key: 'aws:multifactorauthage', valueOf: (age) => (Number(age) >= 0 ? age : undefined) },
    ],
  };
}

/** When the session was issued; asked about from `at` on. */
function issueTime(isOptional: boolean, at: Date): Unknown {
  return {
    name: 'issue of the session',
    isOptional,
    domain: { kind: 'time', from: Math.floor(at.getTime() / 1000) - SESSION_SECONDS_MAX },
    keys: [
      {
        key: 'aws:tokenissuetime',
        valueOf: (seconds) => `${new Date(Number(seconds) * 1000).toISOString().slice(0, 19)}Z`,
      },
    ],
  };
}

/** A user or the root user calls with a key of its own, or with a session of GetSessionToken. */
export function ownSessionUnknowns(at: Date): UnknownOf {
  return byKey([secondFactor(true), issueTime(true, at)]);
}

/**
 * A role is called only in sessions. `mayTag` says whether they may have tags of their own, which then go before the
 * tags of the role; `hasTag` whether the role has the tag that a condition key (in lower case) asks for.
 */
export function roleSessionUnknowns(
  role: { readonly id: string; readonly mayTag: boolean; hasTag(key: string): boolean },
  at: Date,
): UnknownOf {
  const prefix = `${role.id}:`;
  const fixed = byKey([
    text(
      'name of the session',
      { key: 'aws:userid', valueOf: (name) => prefix + name },
      { characters: NAME_CHARACTERS, min: NAME_MIN, max: NAME_MAX, prefix, isOptional: false },
    ),
    secondFactor(false),
    issueTime(false, at),
    text('source identity', itself('aws:sourceidentity'), {
      characters: NAME_CHARACTERS,
      min: NAME_MIN,
      max: NAME_MAX,
      isOptional: true,
    }),
  ]);
  // Tags and facts of identity providers have any key: an unknown is made for each that a policy asks for.
  const others = new Map<string, Unknown>();
  return (key) => {
    const isTag = key.startsWith('aws:principaltag/');
    if (fixed(key) !== undefined || (isTag && !role.mayTag)) return fixed(key);
    if (!isTag && !isProviderKey(key)) return undefined;
    const characters = isTag ? TAG_CHARACTERS : FACT_CHARACTERS;
    const made =
      others.get(key) ??
      text(key, itself(key), {
        characters,
        min: 0,
        max: TAG_MAX,
        isOptional: !role.hasTag(key),
      });
    others.set(key, made);
    return made;
  };
}

/** Keys that the sign-in through an identity provider leaves in a session. */
function isProviderKey(key: string): boolean {
  return key === 'aws:federatedprovider' || key.startsWith('saml:') || /^[a-z0-9-]+\.[a-z0-9./-]*:/.test(key);
}

function byKey(unknowns: readonly Unknown[]): UnknownOf {
  const found = new Map(
    unknowns.flatMap((unknown) => unknown.keys.map(({ key }) => [key, unknown] as const)),
  );
  return (key) => found.get(key);
}
