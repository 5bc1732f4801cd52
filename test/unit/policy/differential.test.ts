// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compilePolicy,
  evaluate,
  parsePolicyDocument,
  policySet,
  requestContext,
} from '../../../src/policy/index.ts';
import {
  type ReferenceContext,
  type ReferenceDocument,
  type ReferencePolicies,
  type ReferenceStatement,
  referenceDecision,
} from './reference.ts';

// Random policies and requests, small enough to meet often. KEYSHIFT_POLICY_RUNS asks for more than the
// default, which keeps the unit tests quick; a failure prints its seed.

/** Sets of policies; eight requests are decided for each. */
const RUNS = Number(process.env['KEYSHIFT_POLICY_RUNS'] ?? 400);

const oneOrMore = <T>(item: fc.Arbitrary<T>) =>
  fc.oneof(item, fc.array(item, { minLength: 1, maxLength: 3 }));

const service = fc.constantFrom('a', 'B', 'b');
const actionName = fc.string({ unit: fc.constantFrom('x', 'X', 'y', '*', '?'), minLength: 1, maxLength: 4 });
const actionPattern = fc.oneof(
  { weight: 1, arbitrary: fc.constant('*') },
  { weight: 5, arbitrary: fc.tuple(service, actionName).map((parts) => parts.join(':')) },
);
const requestAction = fc
  .tuple(service, fc.string({ unit: fc.constantFrom('x', 'X', 'y'), minLength: 1, maxLength: 3 }))
  .map((parts) => parts.join(':'));

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

const policies: fc.Arbitrary<ReferencePolicies> = fc.record({
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

function compiled(documents: readonly ReferenceDocument[], layer: string) {
  return documents.map((one, index) =>
    compilePolicy(parsePolicyDocument(JSON.stringify(one).replaceAll('😀', '\\ud83d\\ude00'), 'identity'), {
      kind: 'inline',
      id: `${layer}.${index}`,
    }),
  );
}

describe('the engine and the slow reference engine', () => {
  test(
    'give the same decision for the same reason, decided by statements that both find',
    () => {
      const seen = new Map<string, number>();
      fc.assert(
        fc.property(
          policies,
          fc.array(request, { minLength: 8, maxLength: 8 }),
          (kindsOfPolicies, requests) => {
            const set = policySet({
              identity: compiled(kindsOfPolicies.identity, 'identity-policy'),
              boundary: compiled(
                kindsOfPolicies.boundary === undefined ? [] : [kindsOfPolicies.boundary],
                'boundary',
              )[0],
              session: kindsOfPolicies.session && compiled(kindsOfPolicies.session, 'session-policy'),
            });
            for (const one of requests) {
              const expected = referenceDecision(kindsOfPolicies, one);
              const actual = evaluate(set, { ...one, context: requestContext(one.context) });
              expect({ effect: actual.effect, because: actual.because }).toEqual({
                effect: expected.effect,
                because: expected.because,
              });
              for (const { policyId, index } of actual.matched) {
                expect(expected.candidates).toContain(`${policyId}.${index}`);
              }
              seen.set(actual.because, (seen.get(actual.because) ?? 0) + 1);
            }
          },
        ),
        { numRuns: RUNS },
      );
      // The random cases would prove little if they all ended alike.
      for (const because of [
        'identity-policy-allows',
        'identity-policy-denies',
        'no-identity-policy-allows',
      ]) {
        expect(seen.get(because) ?? 0, because).toBeGreaterThan(RUNS / 40);
      }
    },
    20_000 + 10 * RUNS,
  );
});
