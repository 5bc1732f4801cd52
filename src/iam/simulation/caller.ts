import type { Caller } from '../../policy/caller.ts';
import type { RequestContext } from '../../policy/context.ts';
import { principalFact } from '../context.ts';
import { invalidInput } from '../iam-errors.ts';
import { entityOfArn, type PolicyOwner } from './policy-source.ts';

/** Who is simulated to call: what a resource's policy and conditions see of it. */

/** The caller by the ARN that a simulation gives. Throws InvalidInput unless it is a user or role of some account. */
export function callerOfArn(arn: string | undefined): Caller {
  if (arn === undefined) throw invalidInput('Invalid caller - Caller cannot be null or empty.');
  const { accountId, kind } = entityOfArn(arn);
  if (kind === 'group') throw invalidInput('Invalid caller - Caller must be an IAM user in this context.');
  const names = [{ kind: 'AWS' as const, name: arn }];
  // Nobody calls as a role itself, only as a session of it.
  return kind === 'user'
    ? { accountId, itself: names, behind: [] }
    : { accountId, itself: [], behind: names };
}

/**
 * What the simulation knows of the caller by itself: of the user or role whose policies are simulated everything that
 * a request of it would have, of any other what its ARN says.
 */
export function callerFacts(arn: string | undefined, owner: PolicyOwner | undefined): RequestContext {
  if (owner?.principal !== undefined && (arn === undefined || arn === owner.entity.arn)) {
    const { principal } = owner;
    // A session has the unique id of its role and a name, which is not known.
    const isKnown = (key: string) => principal.kind !== 'role' || key !== 'aws:userid';
    return { get: (key) => (isKnown(key) ? listOf(principalFact(key, principal)) : undefined) };
  }
  const named = arn ?? owner?.entity.arn;
  if (named === undefined) return new Map();
  const { accountId, kind, name } = entityOfArn(named);
  if (kind === 'group') return new Map([['aws:principalaccount', [accountId]]]);
  return new Map([
    ['aws:principalarn', [named]],
    ['aws:principalaccount', [accountId]],
    ...(kind === 'user' ? [['aws:username', [name]] as const] : []),
  ]);
}

function listOf(value: string | undefined): readonly string[] | undefined {
  return value === undefined ? undefined : [value];
}
