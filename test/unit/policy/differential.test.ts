// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explain } from '../../../src/policy/explain.ts';
import {
  ANONYMOUS,
  type Caller,
  compilePolicy,
  compileResourcePolicy,
  evaluate,
  type PolicySet,
  parsePolicyDocument,
  policySet,
  type ResourceSide,
  requestContext,
} from '../../../src/policy/index.ts';
import {
  type ReferenceCaller,
  type ReferenceContext,
  type ReferenceDocument,
  type ReferencePolicies,
  type ReferencePrincipals,
  type ReferenceStatement,
  referenceDecision,
} from './reference.ts';

// Random policies and requests, small enough to meet often. KEYSHIFT_POLICY_RUNS asks for more than the
// default, which keeps the unit tests quick; a failure prints its seed.

/** Sets of policies; eight requests are decided for each. */
const RUNS = Number(process.env['KEYSHIFT_POLICY_RUNS'] ?? 400);

/** Every reason that a request of ordinary size can get. */
const REASONS = [
  'guardrail-denies',
  'resource-policy-denies',
  'identity-policy-denies',
  'boundary-denies',
  'session-policy-denies',
  'guardrail-does-not-allow',
  'no-resource-policy-allows',
  'no-identity-policy-allows',
  'boundary-does-not-allow',
  'no-session-policy-allows',
  'identity-policy-allows',
  'resource-policy-allows',
  'root-user',
];

const oneOrMore = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));

const service = fc.constantFrom('a', 'B', 'b', 'sts');
const actionName = fc.string({ unit: fc.constantFrom('x', 'X', 'y', '*', '?'), minLength: 1, maxLength: 4 });
const actionPattern = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  { weight: 5, arbitrary: fc.tuple(service, actionName).map((parts) => parts.join(':')) },
);
const requestAction = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom('sts:AssumeRole', 'sts:TagSession') },
  {
    weight: 3,
    arbitrary: fc
      .tuple(service, fc.string({ unit: fc.constantFrom('x', 'X', 'y'), minLength: 1, maxLength: 3 }))
      .map((parts) => parts.join(':')),
  },
);

const variable = fc.constantFrom(
  '${k:one}',
  '${K:ONE}',
  '${k:two}',
  '${k:tag/a}',
  "${k:none, 'x'}",
  "${k:two,'*'}",
  '${*}',
  '${?}',
  '${$}',
);
const textPiece = fc.oneof(fc.constantFrom('x', 'y', '*', '?', '/', '$', '😀'), variable);
const arnTail = fc.array(
  fc.oneof({ weight: 8, arbitrary: textPiece }, { weight: 1, arbitrary: fc.constant(':') }),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const resourcePattern = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('arn:aws:s:r:*', 'arn:aws:s*', 'arn:aws:s:*')
      .filter((arn) => !arn.includes('s*')),
  },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom('r', '*', 'r*', '?', 'r?'), fc.constantFrom('1', '*', ''), arnTail)
      .map(([region, account, tail]) => `arn:aws:s:${region}:${account}:${tail.join('')}`),
  },
);
const plainText = fc.string({ unit: fc.constantFrom('x', 'y', '*', '?', '/', '$', '😀'), maxLength: 4 });
const requestResource = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('r', 'rr', 'x'),
        fc.constantFrom('1', '2', ''),
        fc.array(plainText, { minLength: 1, maxLength: 3 }),
      )
      .map(([region, account, parts]) => `arn:aws:s:${region}:${account}:${parts.join(':')}`),
  },
);

// Values that conditions compare, by kind of operator; the same pools feed the requests.
const texts = fc.array(textPiece, { maxLength: 3 }).map((pieces) => pieces.join(''));
const numbers = fc.constantFrom('0', '-0', '1', '01', '1.0', '1.5', '-1.5', '-2', '0.1', '10', '+1', '900');
const dates = fc.constantFrom(
  '2020-01-01T00:00:00Z',
  '2020-01-01T00:00:00.500Z',
  '2020-01-01T01:00:00+01:00',
  '2020-01-01',
  '2020-02',
  '2020',
  '1577836800',
  '1577836801',
);
const addresses = fc.constantFrom(
  '10.0.0.1',
  '10.1.0.0',
  '11.0.0.0',
  '192.168.1.1',
  '2001:db8::1',
  '2001:db8:1::',
  '::1',
);
const ranges = fc.oneof(
  addresses,
  fc.constantFrom(
    '10.0.0.0/8',
    '10.0.0.0/9',
    '10.128.0.0/9',
    '0.0.0.0/0',
    '10.0.0.0/31',
    '2001:db8::/32',
    '::/0',
    '::/127',
  ),
);
const booleans = fc.constantFrom('true', 'false', 'True', 'FALSE');
const binaries = fc.constantFrom('', 'QQ==', 'QR==', 'QUI=', 'QUJD');
const arns = fc.constantFrom(
  'arn:aws:s:r:1:x',
  'arn:aws:s:r:1:x:y',
  'arn:aws:s:r:1:x/y',
  'arn:aws:s:*:1:*',
  'arn:aws:s:r:?:x*',
  'arn:*:*:*:*:${k:one}',
  'arn:aws:s:r:1:${k:two}',
);

const kinds: [names: string[], policyValue: fc.Arbitrary<string>][] = [
  [['StringEquals', 'StringNotEquals', 'StringLike', 'StringNotLike'], texts],
  [['StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'], texts],
  [
    ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (n) => `Numeric${n}`,
    ),
    numbers,
  ],
  [
    ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'].map(
      (n) => `Date${n}`,
    ),
    dates,
  ],
  [['IpAddress', 'NotIpAddress'], ranges],
  [['ArnEquals', 'ArnLike', 'ArnNotEquals', 'ArnNotLike'], arns],
  [['Bool'], booleans],
  [['BinaryEquals'], binaries],
];
const operatorAndValues = fc.oneof(
  fc.tuple(fc.constant('Null'), oneOrMore(booleans)),
  ...kinds.map(([names, policyValue]) =>
    fc.tuple(
      fc
        .tuple(
          fc.constantFrom('', '', 'ForAllValues:', 'ForAnyValue:'),
          fc.constantFrom(...names),
          fc.constantFrom('', '', 'IfExists'),
        )
        .map((parts) => parts.join('')),
      oneOrMore(policyValue),
    ),
  ),
);
const contextKey = fc.constantFrom('k:one', 'k:two', 'K:Two', 'k:tag/a', 'k:none');
const condition = fc.array(fc.tuple(operatorAndValues, contextKey), { maxLength: 2 }).map((clauses) => {
  const block: Record<string, Record<string, unknown>> = {};
  for (const [[operator, values], key] of clauses) block[operator] = { ...block[operator], [key]: values };
  return block;
});

const statement: fc.Arbitrary<ReferenceStatement> = fc
  .record({
    effect: fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
    actionName: fc.constantFrom('Action' as const, 'Action' as const, 'NotAction' as const),
    actions: oneOrMore(actionPattern),
    resourceName: fc.constantFrom('Resource' as const, 'Resource' as const, 'NotResource' as const),
    resources: oneOrMore(resourcePattern),
    condition,
  })
  .map((parts) => ({
    Effect: parts.effect,
    [parts.actionName]: parts.actions,
    [parts.resourceName]: parts.resources,
    ...(Object.keys(parts.condition).length > 0 ? { Condition: parts.condition } : {}),
  }));

const document: fc.Arbitrary<ReferenceDocument> = fc.record(
  {
    Version: fc.constantFrom('2012-10-17', '2012-10-17', '2012-10-17', '2008-10-17'),
    Statement: fc.oneof(statement, fc.array(statement, { minLength: 1, maxLength: 3 })),
  },
  { requiredKeys: ['Statement'] },
);

const ACCOUNTS = ['111111111111', '222222222222'];
const account = fc.constantFrom(...ACCOUNTS);
const userName = fc.constantFrom('bob', 'eve');

const caller: fc.Arbitrary<ReferenceCaller> = fc
  .tuple(
    account,
    userName,
    fc.constantFrom('user', 'user', 'session', 'session', 'root', 'federated user', 'provider', 'rest'),
  )
  .map(([owner, name, kind]): ReferenceCaller => {
    switch (kind) {
      case 'root':
        return { kind, account: owner };
      case 'user':
        return { kind, account: owner, ...userOf(owner, name) };
      case 'session':
        return {
          kind,
          account: owner,
          arn: `arn:aws:sts::${owner}:assumed-role/r/${name}`,
          roleArn: `arn:aws:iam::${owner}:role/r`,
          roleId: `AROA${owner}RRRR`,
        };
      case 'federated user': {
        const user = userOf(owner, name);
        return {
          kind,
          account: owner,
          arn: `arn:aws:sts::${owner}:federated-user/${name}`,
          userArn: user.arn,
          userId: user.id,
        };
      }
      case 'provider':
        return { kind, name: `arn:aws:iam::${owner}:saml-provider/${name}` };
      default:
        return name === 'bob' ? { kind: 'anonymous' } : { kind: 'service', name: 'redshift.amazonaws.com' };
    }
  });

function userOf(owner: string, name: string) {
  return { arn: `arn:aws:iam::${owner}:user/${name}`, id: `AIDA${owner}${name.toUpperCase()}` };
}

const awsPrincipals = ACCOUNTS.flatMap((owner) => [
  owner,
  `arn:aws:iam::${owner}:root`,
  ...['bob', 'eve'].flatMap((name) => [
    userOf(owner, name).arn,
    userOf(owner, name).id,
    `arn:aws:sts::${owner}:assumed-role/r/${name}`,
    `arn:aws:sts::${owner}:federated-user/${name}`,
  ]),
  `arn:aws:iam::${owner}:role/r`,
  `AROA${owner}RRRR`,
]);
const principals: fc.Arbitrary<ReferencePrincipals> = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*' as const) },
  {
    weight: 8,
    arbitrary: fc
      .record(
        {
          AWS: fc.oneof(
            fc.constant('*'),
            fc.array(fc.constantFrom(...awsPrincipals), { minLength: 1, maxLength: 6 }),
          ),
          Federated: oneOrMore(
            fc.constantFrom('*', ...ACCOUNTS.map((owner) => `arn:aws:iam::${owner}:saml-provider/bob`)),
          ),
          Service: fc.constantFrom('redshift.amazonaws.com', 'ec2.amazonaws.com'),
        },
        { requiredKeys: [] },
      )
      .filter((one) => Object.keys(one).length > 0),
  },
);

const resourceDocument = fc.record(
  {
    Version: fc.constantFrom('2012-10-17', '2008-10-17'),
    Statement: fc.array(
      fc
        .tuple(statement, principals, fc.constantFrom('Principal', 'Principal', 'NotPrincipal'))
        .map(([one, who, element]): ReferenceStatement => ({ ...one, [element]: who })),
      { minLength: 1, maxLength: 3 },
    ),
  },
  { requiredKeys: ['Statement'] },
);
const trustDocument = fc.record({
  Version: fc.constantFrom('2012-10-17', '2008-10-17'),
  Statement: fc.array(
    fc
      .tuple(
        fc.constantFrom('Allow' as const, 'Allow' as const, 'Deny' as const),
        principals,
        oneOrMore(fc.constantFrom('sts:AssumeRole', 'STS:assumerole', 'sts:*', 'sts:Tag?ession')),
        condition,
      )
      .map(
        ([Effect, Principal, Action, Condition]): ReferenceStatement => ({
          Effect,
          Principal,
          Action,
          ...(Object.keys(Condition).length > 0 ? { Condition } : {}),
        }),
      ),
    { minLength: 1, maxLength: 3 },
  ),
});
const resourceSide = fc.oneof(
  fc.record({ kind: fc.constant('resource' as const), account, document: resourceDocument }),
  fc.record({ kind: fc.constant('trust' as const), account, document: trustDocument }),
);

const policies: fc.Arbitrary<ReferencePolicies> = fc.record({
  caller,
  guardrail: fc.option(document, { nil: undefined, freq: 2 }),
  resource: fc.option(resourceSide, { nil: undefined, freq: 2 }),
  identity: fc.array(document, { maxLength: 3 }),
  boundary: fc.option(document, { nil: undefined, freq: 2 }),
  session: fc.option(fc.array(document, { maxLength: 2 }), { nil: undefined, freq: 3 }),
});

const contextValue = fc.oneof(plainText, numbers, dates, addresses, booleans, binaries, arns);
const context: fc.Arbitrary<ReferenceContext> = fc.dictionary(
  fc.constantFrom('k:one', 'k:two', 'k:tag/a', 'K:TAG/A'),
  fc.oneof(
    { weight: 3, arbitrary: contextValue },
    { weight: 1, arbitrary: fc.array(contextValue, { maxLength: 3 }) },
  ),
);
const request = fc.record({ action: requestAction, resource: requestResource, context });

const textOf = (one: ReferenceDocument) => JSON.stringify(one).replaceAll('😀', '\\ud83d\\ude00');

function compiled(documents: readonly ReferenceDocument[], layer: string) {
  return documents.map((one, index) =>
    compilePolicy(parsePolicyDocument(textOf(one), 'identity'), { kind: 'inline', id: `${layer}.${index}` }),
  );
}

function setOf({ caller: who, identity, boundary, session, guardrail }: ReferencePolicies): PolicySet {
  const one = (layer: string, found: ReferenceDocument | undefined) => found && compiled([found], layer)[0];
  return policySet({
    identity: who.kind === 'root' ? 'everything' : compiled(identity, 'identity-policy'),
    boundary: one('boundary', boundary),
    session: session && compiled(session, 'session-policy'),
    guardrail: one('guardrail', guardrail),
  });
}

function sideOf({ resource, caller: who }: ReferencePolicies): ResourceSide | undefined {
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

/** A boundary, session or root of a caller that has no account would make no sense. */
const plausible = policies.map((one): ReferencePolicies => {
  if ('account' in one.caller && one.caller.kind !== 'root') return one;
  return { ...one, boundary: undefined, session: undefined };
});

describe('the engine and the slow reference engine', () => {
  test(
    'give the same decision for the same reason, decided by statements that both find',
    () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(plausible, fc.array(request, { minLength: 8, maxLength: 8 }), (account, requests) => {
          const set = setOf(account);
          const side = sideOf(account);
          for (const one of requests) {
            const expected = referenceDecision(account, one);
            const actual = evaluate(set, { ...one, context: requestContext(one.context) }, side);
            expect({ effect: actual.effect, because: actual.because }).toEqual({
              effect: expected.effect,
              because: expected.because,
            });
            for (const { policyId, index } of actual.matched) {
              expect(expected.candidates).toContain(`${policyId}.${index}`);
            }
            seen.set(actual.because, (seen.get(actual.because) ?? 0) + 1);
          }
        }),
        { numRuns: RUNS },
      );
      // The random cases would prove little if they all ended alike.
      for (const because of REASONS) expect(seen.get(because) ?? 0, because).toBeGreaterThan(RUNS / 100);
    },
    20_000 + 10 * RUNS,
  );

  test(
    'explains every decision by statements from which the same decision follows',
    () => {
      fc.assert(
        fc.property(plausible, fc.array(request, { minLength: 4, maxLength: 4 }), (account, requests) => {
          const set = setOf(account);
          const side = sideOf(account);
          for (const one of requests) {
            const asked = { ...one, context: requestContext(one.context) };
            const { decision, layers, obstacles } = explain(set, asked, side);
            expect(decision).toEqual(evaluate(set, asked, side));
            const statements = layers.flatMap(({ policies }) => policies.flatMap((each) => each.statements));
            const applying = statements.filter(({ mismatches }) => mismatches.length === 0);
            for (const reference of decision.matched) {
              expect(applying.map((each) => each.reference)).toContainEqual(reference);
            }
            expect(obstacles.filter(({ kind }) => kind === 'deny')).toHaveLength(
              applying.filter(({ effect }) => effect === 'Deny').length *
                (decision.effect === 'allow' ? 0 : 1),
            );
            const [blamed] = obstacles.toSorted(
              (a, b) => Number(a.kind !== 'deny') - Number(b.kind !== 'deny'),
            );
            expect(blamed === undefined ? 'allow' : REASON_OF[blamed.kind][blamed.layer]).toBe(
              decision.effect === 'allow' ? 'allow' : decision.because,
            );
          }
        }),
        { numRuns: RUNS },
      );
    },
    20_000 + 10 * RUNS,
  );
});

/** The reason that AWS gives for the first obstacle, denies before missing permissions. */
const REASON_OF = {
  deny: {
    guardrail: 'guardrail-denies',
    resource: 'resource-policy-denies',
    identity: 'identity-policy-denies',
    boundary: 'boundary-denies',
    session: 'session-policy-denies',
  },
  'no-allow': {
    guardrail: 'guardrail-does-not-allow',
    resource: 'no-resource-policy-allows',
    identity: 'no-identity-policy-allows',
    boundary: 'boundary-does-not-allow',
    session: 'no-session-policy-allows',
  },
} as const;
