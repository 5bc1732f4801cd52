import type { IndexedPrincipal } from '../policy/who-can/account-index.ts';
import { requestUnknowns } from '../policy/who-can/request-unknowns.ts';
import type { Target } from '../policy/who-can/target.ts';
import { assignedValues } from '../policy/who-can/unknown.ts';
import { type Ability, WhoCan } from '../policy/who-can/who-can.ts';
import { type Obstacle, whyNot } from '../policy/who-can/why-not.ts';
import type { AccountIndexes } from './account-indexes.ts';
import { noSuchEntity } from './iam-errors.ts';

/** Who of an account can do something, for what is known of every request to this installation. */

export interface WhoCanDeps {
  readonly indexes: Pick<AccountIndexes, 'of'>;
  /** From when on requests are asked about. */
  readonly at: Date;
  readonly region: string;
  readonly accountId: string;
}

/** A principal that can, as it is told. */
export interface Able {
  readonly principal: string;
  readonly type: IndexedPrincipal['kind'];
  /** `undecided`: no request was found and it could not be shown that there is none. */
  readonly verdict: 'always' | 'conditional' | 'undecided';
  /** Each way in which it can, as conditions that all have to hold. */
  readonly ways: readonly (readonly string[])[];
  /** The policies that allow it, and the group by which the principal has them. */
  readonly grants: readonly { readonly policy: string; readonly group?: string | undefined }[];
  /** Of a role: whom its trust policy names, who may become it. */
  readonly trusts?: readonly string[] | undefined;
  /** Condition keys of one request that is allowed: those that it depends on. */
  readonly example: Readonly<Record<string, string>>;
}

export interface AblePage {
  readonly able: readonly Able[];
  /** The ARN to go on after; undefined at the end. */
  readonly next: string | undefined;
}

/** Those who can, in the order root user, then by ARN, after the principal `after`. */
export async function whoCan(
  deps: WhoCanDeps,
  target: Target,
  { after, max }: { readonly after: string | undefined; readonly max: number },
): Promise<AblePage> {
  const index = await deps.indexes.of(deps.accountId);
  const { principals } = index.account;
  const who = new WhoCan(index, completed(deps, target));
  const from = after === undefined ? 0 : principals.findIndex((one) => isAfter(one, after));
  if (from < 0) return { able: [], next: undefined };
  const { abilities, next } = who.page(from, max);
  const last = abilities.at(-1)?.principal.arn;
  return {
    able: abilities.map((ability) => ableOf(who, ability)),
    next: next === undefined ? undefined : last,
  };
}

/** What stands in the way of one principal, or how it can. Throws NoSuchEntity when it is not of the account. */
export async function whyCannot(
  deps: WhoCanDeps,
  target: Target,
  arn: string,
): Promise<{ readonly able: Able | undefined; readonly obstacles: readonly Obstacle[] }> {
  const index = await deps.indexes.of(deps.accountId);
  const principal = index.account.principals.find((one) => one.arn === arn);
  if (principal === undefined) throw noSuchEntity(`The principal ${arn} cannot be found.`);
  const who = new WhoCan(index, completed(deps, target));
  const ability = who.ability(principal);
  if (ability.satisfied.verdict === 'no') return { able: undefined, obstacles: whyNot(who, principal) };
  return { able: ableOf(who, ability), obstacles: [] };
}

/** The target with the keys that every request has. */
function completed({ at, region, accountId }: WhoCanDeps, target: Target): Target {
  return {
    pairs: target.pairs,
    known: new Map([
      ['aws:principalaccount', [accountId]],
      ['aws:principalisawsservice', ['false']],
      ['aws:requestedregion', [region]],
      ['aws:resourceaccount', [accountId]],
      ['aws:viaawsservice', ['false']],
      ...target.known,
    ]),
    unknowns: [...target.unknowns, ...requestUnknowns(at)],
  };
}

function ableOf(who: WhoCan, ability: Ability): Able {
  const { principal, satisfied, ways, grants } = ability;
  const isAlways = ways.some((way) => way.length === 0);
  return {
    principal: principal.arn,
    type: principal.kind,
    verdict: satisfied.verdict === 'undecided' ? 'undecided' : isAlways ? 'always' : 'conditional',
    ways,
    grants: grants.map(({ policy, group }) => ({ policy: policy.source.id, group })),
    trusts: principal.kind === 'role' ? principal.trusts : undefined,
    example: exampleOf(who, ability),
  };
}

function exampleOf(who: WhoCan, { principal, satisfied }: Ability): Record<string, string> {
  if (satisfied.verdict !== 'yes') return {};
  const { unknownOf } = who.setting(principal);
  const keys = [...satisfied.assignment.keys()].map((unknown) => unknown.keys[0]?.key ?? '');
  return Object.fromEntries(
    keys.flatMap((key) => {
      const [value] = assignedValues(satisfied.assignment, unknownOf, key) ?? [];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

/** The order in which principals are told. */
function isAfter({ kind, arn }: IndexedPrincipal, after: string): boolean {
  return kind !== 'root' && (after.endsWith(':root') || arn > after);
}
