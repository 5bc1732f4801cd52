// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import type {
  ReferenceCaller,
  ReferenceContext,
  ReferenceDocument,
  ReferencePolicies,
  ReferencePrincipals,
  ReferenceRequest,
  ReferenceStatement,
} from './reference.ts';

// Random accounts, policies and requests for the comparison with the reference engine. The texts are short and of few
// characters, so that they meet often; those that programs stumble over are among them.

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
/** Letters, wildcards alone and together, and what programs stumble over. */
const PIECES = [
  ...['x', 'x', 'y', '*', '?', '**', '*?', '?*', '/', '$', '}', '"', '\\', '\n', 'ß', 'é', 'e\u0301'],
  ...['😀', 'İ', '\u212a', 'k', '__proto__', 'constructor', 'xy'.repeat(20)],
];
const textPiece = fc.oneof(fc.constantFrom(...PIECES), variable);
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
const plainText = fc
  .array(fc.constantFrom(...PIECES, '\u0000', ':', '{'), { maxLength: 4 })
  .map((pieces) => pieces.join(''));
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
const contextKey = fc.constantFrom('k:one', 'k:two', 'K:Two', 'k:tag/a', 'k:none', 'k:constructor');
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

/** Limits that leave most requests to the other layers, or random ones. */
const broad: fc.Arbitrary<ReferenceDocument> = fc
  .tuple(fc.array(statement, { maxLength: 2 }), fc.constantFrom('*', ['a:*', 'b:*', 'sts:*']))
  .map(([statements, Action]) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*' }, ...statements],
  }));
const limit = fc.oneof({ weight: 3, arbitrary: broad }, { weight: 1, arbitrary: document });

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
            // All names of one account, or nearly: what NotPrincipal must list to spare anybody.
            account.chain((owner) =>
              fc.subarray(
                awsPrincipals.filter((name) => name.includes(owner)),
                { minLength: 6 },
              ),
            ),
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
  guardrail: fc.option(limit, { nil: undefined, freq: 2 }),
  resource: fc.option(resourceSide, { nil: undefined, freq: 2 }),
  identity: fc.array(fc.oneof({ weight: 3, arbitrary: document }, { weight: 1, arbitrary: broad }), {
    maxLength: 4,
  }),
  boundary: fc.option(limit, { nil: undefined, freq: 2 }),
  session: fc.option(fc.array(limit, { maxLength: 2 }), { nil: undefined, freq: 2 }),
});

const contextValue = fc.oneof(plainText, numbers, dates, addresses, booleans, binaries, arns);
const context: fc.Arbitrary<ReferenceContext> = fc.dictionary(
  fc.constantFrom('k:one', 'k:two', 'k:tag/a', 'K:TAG/A', 'k:__proto__'),
  fc.oneof(
    { weight: 3, arbitrary: contextValue },
    { weight: 1, arbitrary: fc.array(contextValue, { maxLength: 3 }) },
  ),
);
const some = <T>(item: fc.Arbitrary<T>, count: number) =>
  fc.array(item, { minLength: count, maxLength: count });

/** Requests that ask each of some actions of each of some resources under each of some circumstances. */
export const requests: fc.Arbitrary<ReferenceRequest[]> = fc
  .tuple(some(requestAction, 4), some(requestResource, 4), some(context, 3))
  .map(([actions, resources, contexts]) =>
    actions.flatMap((action) =>
      resources.flatMap((resource) => contexts.map((one) => ({ action, resource, context: one }))),
    ),
  );

/** Of each that `requests` makes. */
export const REQUESTS = 4 * 4 * 3;

/** A boundary, session or root of a caller that has no account would make no sense. */
export const accounts = policies.map((one): ReferencePolicies => {
  if ('account' in one.caller && one.caller.kind !== 'root') return one;
  return { ...one, boundary: undefined, session: undefined };
});
