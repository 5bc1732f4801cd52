import {
  ANONYMOUS,
  type Caller,
  compilePolicy,
  compileResourcePolicy,
  type PolicySet,
  parsePolicyDocument,
  policySet,
  type ResourceSide,
} from '../../../src/policy/index.ts';
import type { ReferenceCaller, ReferenceDocument, ReferencePolicies } from './reference.ts';

// The account of the reference engine as the real engine takes it: documents are parsed from text and compiled.

/** Documents hold no characters above U+00FF but as escapes. */
function textOf(one: ReferenceDocument): string {
  return JSON.stringify(one).replace(
    /[^\0-\xff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function compiled(documents: readonly ReferenceDocument[], layer: string) {
  return documents.map((one, index) =>
    compilePolicy(parsePolicyDocument(textOf(one), 'identity'), { kind: 'inline', id: `${layer}.${index}` }),
  );
}

export function setOf({ caller: who, identity, boundary, session, guardrail }: ReferencePolicies): PolicySet {
  const one = (layer: string, found: ReferenceDocument | undefined) => found && compiled([found], layer)[0];
  return policySet({
    identity: who.kind === 'root' ? 'everything' : compiled(identity, 'identity-policy'),
    boundary: one('boundary', boundary),
    session: session && compiled(session, 'session-policy'),
    guardrail: one('guardrail', guardrail),
  });
}

export function sideOf({ resource, caller: who }: ReferencePolicies): ResourceSide | undefined {
  if (resource === undefined) return undefined;
  const text = textOf(resource.document);
  const source = { kind: 'resource' as const, id: 'resource-policy.0' };
  const parsed =
    resource.kind === 'trust' ? parsePolicyDocument(text, 'trust') : parsePolicyDocument(text, 'resource');
  return {
    policy: compileResourcePolicy(parsed, source),
    accountId: resource.account,
    caller: callerOf(who),
  };
}

function callerOf(who: ReferenceCaller): Caller {
  const aws = (...names: string[]) => names.map((name) => ({ kind: 'AWS' as const, name }));
  switch (who.kind) {
    case 'root':
      return { accountId: who.account, itself: [], behind: [] };
    case 'user':
      return { accountId: who.account, itself: aws(who.arn, who.id), behind: [] };
    case 'session':
      return { accountId: who.account, itself: aws(who.arn), behind: aws(who.roleArn, who.roleId) };
    case 'federated user':
      return { accountId: who.account, itself: aws(who.arn), behind: aws(who.userArn, who.userId) };
    case 'provider':
      return { accountId: undefined, itself: [{ kind: 'Federated', name: who.name }], behind: [] };
    case 'service':
      return { accountId: undefined, itself: [{ kind: 'Service', name: who.name }], behind: [] };
    case 'anonymous':
      return ANONYMOUS;
    default:
      return who satisfies never;
  }
}
