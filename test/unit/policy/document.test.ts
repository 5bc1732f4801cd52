// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePolicyDocument, policySizeWithoutWhitespace } from '../../../src/policy/document.ts';
import type { DocumentKind } from '../../../src/policy/document-model.ts';
import { MalformedPolicy } from '../../../src/policy/malformed-policy.ts';

const SYNTAX = 'Syntax errors in policy.';
const LEGACY = 'The policy failed legacy parsing';
const ALLOW = { Effect: 'Allow', Action: 'redshift:GetClusterCredentials', Resource: '*' };

function problem(text: string, kind: DocumentKind = 'identity'): string | undefined {
  try {
    parsePolicyDocument(text, kind);
    return undefined;
  } catch (error) {
    if (!(error instanceof MalformedPolicy)) throw error;
    expect(error.detail).not.toBe('');
    return error.message;
  }
}

/** The problem of a document with one statement: a plain Allow with these elements changed or, if undefined, left out. */
function statementProblem(changes: object, kind: DocumentKind = 'identity'): string | undefined {
  return problem(JSON.stringify({ Version: '2012-10-17', Statement: { ...ALLOW, ...changes } }), kind);
}

describe('a policy document', () => {
  test('is read with every element', () => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'One',
          Effect: 'Deny',
          NotAction: ['redshift:Get*'],
          NotResource: 'arn:aws:redshift:us-west-2:123456789012:dbuser:c/${aws:username}',
          Condition: {
            'ForAnyValue:StringLikeIfExists': { 'aws:TagKeys': ['a', 'b*'] },
            NumericEquals: { 'x:n': 1.5 },
            Bool: { 'aws:SecureTransport': true },
          },
        },
        ALLOW,
      ],
    });
    expect(parsePolicyDocument(text, 'identity')).toEqual({
      kind: 'identity',
      version: '2012-10-17',
      statements: [
        {
          sid: 'One',
          effect: 'Deny',
          actions: { negated: true, values: ['redshift:Get*'] },
          resources: {
            negated: true,
            values: ['arn:aws:redshift:us-west-2:123456789012:dbuser:c/${aws:username}'],
          },
          conditions: [
            { operator: 'ForAnyValue:StringLikeIfExists', key: 'aws:TagKeys', values: ['a', 'b*'] },
            { operator: 'NumericEquals', key: 'x:n', values: ['1.5'] },
            { operator: 'Bool', key: 'aws:SecureTransport', values: ['true'] },
          ],
        },
        {
          sid: undefined,
          effect: 'Allow',
          actions: { negated: false, values: ['redshift:GetClusterCredentials'] },
          resources: { negated: false, values: ['*'] },
          conditions: [],
        },
      ],
    });
  });

  test('is of 2008 when it has no version', () => {
    expect(parsePolicyDocument(JSON.stringify({ Statement: ALLOW }), 'identity').version).toBe('2008-10-17');
  });

  test('must be of 2012 to be a managed policy', () => {
    const text = 'Policy document must be version 2012-10-17 or greater.';
    expect(problem(JSON.stringify({ Statement: ALLOW }), 'managed')).toBe(text);
    expect(problem(JSON.stringify({ Version: '2008-10-17', Statement: ALLOW }), 'managed')).toBe(text);
    expect(problem(JSON.stringify({ Version: '2012-10-17', Statement: ALLOW }), 'managed')).toBeUndefined();
    expect(problem(JSON.stringify({ Version: '2008-10-17', Statement: ALLOW }))).toBeUndefined();
  });

  test.each([
    ['', 'empty'],
    ['null', 'null'],
    ['[]', 'an array'],
    ['"x"', 'a string'],
    ['{', 'cut off'],
    ['{}', 'without statements'],
    ['{"Statement":[]}', 'with no statement'],
    ['{"Statement":null}', 'with a null statement'],
    ['{"Statement":[[]]}', 'with a statement that is an array'],
    [
      '{"Version":"2012-10-18","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
      'of an unknown version',
    ],
    ['{"Version":null,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'of a null version'],
    ['{"Version":2012,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'of a number as version'],
    [
      '{"version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
      'with another case of Version',
    ],
    ['{"Id":"x","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'with an Id'],
    ['{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}} x', 'with text behind it'],
    ['{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"},}', 'with a trailing comma'],
    ['\ufeff{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}', 'with a byte order mark'],
    ['{"Statement":{"Effect":"Allow","Action":"*","Resource":"\u0100"}}', 'with a character above U+00FF'],
  ])('%s is refused: %s', (text) => {
    expect(problem(text)).toBe(SYNTAX);
  });

  test.each([
    ['unknown element', { Foo: 1 }],
    ['element in the wrong case', { action: 'x:y' }],
    ['both Action and NotAction', { NotAction: 'x:y' }],
    ['both Resource and NotResource', { NotResource: '*' }],
    ['no effect', { Effect: undefined }],
    ['another effect', { Effect: 'Permit' }],
    ['an effect that is a list', { Effect: ['Allow'] }],
    ['an action that is a number', { Action: 1 }],
    ['an action list with a null', { Action: ['x:y', null] }],
    ['an action that is an object', { Action: { a: 'x:y' } }],
    ['nested action lists', { Action: [['x:y']] }],
    ['a Sid that is a number', { Sid: 1 }],
    ['a null Sid', { Sid: null }],
    ['a condition list', { Condition: [] }],
    ['an operator without keys', { Condition: { StringEquals: 'x' } }],
    ['an unknown operator', { Condition: { StringMatches: { 'a:b': 'x' } } }],
    ['an unknown operator without keys is still unknown', { Condition: { StringMatches: { 'a:b': [] } } }],
    ['an operator in the wrong case', { Condition: { stringEquals: { 'a:b': 'x' } } }],
    ['an operator named like an object member', { Condition: { constructor: { 'a:b': 'x' } } }],
    ['a quantifier alone', { Condition: { 'ForAllValues:': { 'a:b': 'x' } } }],
    ['an unknown quantifier', { Condition: { 'ForNoValues:StringEquals': { 'a:b': 'x' } } }],
    ['Null with IfExists', { Condition: { NullIfExists: { 'a:b': 'true' } } }],
    ['Null with a quantifier', { Condition: { 'ForAllValues:Null': { 'a:b': 'true' } } }],
    ['Null of another text', { Condition: { Null: { 'a:b': 'yes' } } }],
    ['a null condition value', { Condition: { StringEquals: { 'a:b': null } } }],
    ['a number that is none', { Condition: { NumericEquals: { 'a:b': 'ten' } } }],
    ['a Bool that is none', { Condition: { Bool: { 'a:b': 'yes' } } }],
    ['an address range that is none', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/33' } } }],
    ['bytes that are no base64', { Condition: { BinaryEquals: { 'a:b': 'Q' } } }],
    ['a malformed variable in a resource', { Resource: 'arn:aws:s:r:1:x/${aws:username' }],
    ['a malformed variable in a condition', { Condition: { StringLike: { 'a:b': 'x${' } } }],
    ['a malformed variable in an ARN condition', { Condition: { ArnLike: { 'a:b': '${}' } } }],
  ])('a statement with %s is refused', (_, changes) => {
    expect(statementProblem(changes)).toBe(SYNTAX);
  });

  test.each([
    ['no action', { Action: undefined }, 'Policy statement must contain actions.'],
    ['an empty action list', { Action: [] }, 'Policy statement must contain actions.'],
    ['no resource', { Resource: undefined }, 'Policy statement must contain resources.'],
    ['an empty resource list', { Resource: [] }, 'Policy statement must contain resources.'],
    ['a principal', { Principal: '*' }, 'Policy document should not specify a principal.'],
    ['a principal object', { Principal: { AWS: '*' } }, 'Policy document should not specify a principal.'],
    [
      'a principal to leave out',
      { NotPrincipal: { AWS: '*' } },
      'Policy document should not specify a principal.',
    ],
    ['an effect in the wrong case', { Effect: 'allow' }, LEGACY],
    ['a date that is none', { Condition: { DateLessThan: { 'aws:CurrentTime': 'tomorrow' } } }, LEGACY],
    [
      'a date with a wildcard',
      { Condition: { DateEqualsIfExists: { 'aws:CurrentTime': '2020-*' } } },
      LEGACY,
    ],
    [
      'an action without a service',
      { Action: 'GetUser' },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    [
      'stars without a service',
      { Action: '**' },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    [
      'a condition key without a service',
      { Condition: { StringEquals: { username: 'x' } } },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['two colons in an action', { Action: 'a:b:c' }, 'Actions/Condition can contain only one colon.'],
    [
      'a wildcard in the service of an action',
      { NotAction: 'red*:Get', Action: undefined },
      'Vendor red* is not valid',
    ],
    ['a star as service', { Action: '*:Get' }, 'Vendor * is not valid'],
    ['an empty service', { Action: ':Get' }, 'Vendor  is not valid'],
    [
      'a resource that is no ARN',
      { Resource: 'my-bucket' },
      'Resource my-bucket must be in ARN format or "*".',
    ],
    ['an empty resource', { Resource: '' }, 'Resource  must be in ARN format or "*".'],
    ['two stars as resource', { Resource: '**' }, 'Resource ** must be in ARN format or "*".'],
    [
      'a resource with colons that is no ARN',
      { Resource: 'urn:a:b:c:d:e' },
      'Resource urn:a:b:c:d:e must be in ARN format or "*".',
    ],
    [
      'a wrong partition',
      { Resource: 'arn:aws2:s3:::b' },
      'Partition "aws2" is not valid for resource "arn:aws2:s3:::b".',
    ],
    [
      'a wildcard in the service of a resource',
      { Resource: 'arn:aws:red*:us-west-2:1:x' },
      'Resource vendor must be fully qualified and cannot contain regexes.',
    ],
    [
      'a question mark in the service of a NotResource',
      { Resource: undefined, NotResource: 'arn:aws:s?:::b' },
      'Resource vendor must be fully qualified and cannot contain regexes.',
    ],
    [
      'a resource that ends before its service',
      { Resource: 'arn:aws:*' },
      'Resource vendor must be fully qualified and cannot contain regexes.',
    ],
    ['too few components', { Resource: 'arn:aws:s3::bucket' }, LEGACY],
    ['a variable before the fifth colon', { Resource: 'arn:aws:s3:${aws:region}:1:b' }, LEGACY],
    ['a variable as account', { Resource: 'arn:aws:s3:r:${aws:account}:b' }, LEGACY],
    [
      'a Sid with other characters',
      { Sid: 'a b' },
      'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
    ],
  ])('a statement with %s gets its own sentence', (_, changes, expected) => {
    expect(statementProblem(changes)).toBe(expected);
  });

  test.each([
    ['a star', { Action: '*', Resource: '*' }],
    ['wildcards in names', { Action: 'redshift:*Cluster?redentials' }],
    ['any case of a service', { Action: 'RedShift:x' }],
    ['a short ARN that ends in a star', { Resource: 'arn:aws:s3:*' }],
    ['an ARN with a wildcard partition', { Resource: 'arn:*:s3:::b' }],
    ['other partitions', { Resource: ['arn:aws-cn:s3:::b', 'arn:aws-us-gov:s3:::b'] }],
    ['more than six components', { Resource: 'arn:aws:redshift:r:1:dbuser:c/${redshift:DbUser}' }],
    ['an empty Sid', { Sid: '' }],
    ['an empty condition', { Condition: {} }],
    ['an operator with no keys', { Condition: { StringEquals: {} } }],
    ['a condition without values', { Condition: { StringEquals: { 'a:b': [] } } }],
    ['escapes for other characters', { Condition: { StringEquals: { 'a:b': 'é' } } }],
    ['a dollar without a brace', { Condition: { StringEquals: { 'a:b': '$x {y}' } } }],
    ['every kind of variable', { Resource: "arn:aws:s:r:1:${*}${?}${$}${aws:PrincipalTag/a b, 'c d'}" }],
  ])('a statement with %s is taken', (_, changes) => {
    expect(statementProblem(changes)).toBeUndefined();
  });

  test('of 2008 has no variables to be malformed', () => {
    const text = JSON.stringify({ Statement: { ...ALLOW, Resource: 'arn:aws:s:r:${x:1:${' } });
    expect(problem(text)).toBeUndefined();
  });

  test('has unique Sids, of which empty ones do not count', () => {
    const twice = (sid: string) =>
      JSON.stringify({ Statement: [ALLOW, ALLOW].map((one) => ({ ...one, Sid: sid })) });
    expect(problem(twice('A1'))).toBe('Statement IDs (SID) in a single policy must be unique.');
    expect(problem(twice(''))).toBeUndefined();
    expect(problem(twice('A1').replace('A1', 'a1'))).toBeUndefined();
  });

  test.each([
    ['the document', '{"Version":"2012-10-17","Version":"2012-10-17","Statement":@}'],
    ['a statement', '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Effect":"Allow"}}'],
    [
      'a statement, one key escaped',
      '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","\\u0045ffect":"Allow"}}',
    ],
    [
      'a condition',
      '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{},"Bool":{}}}}',
    ],
    [
      'an operator',
      '{"Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true","a:b":"true"}}}}',
    ],
  ])('is refused for a key that occurs twice in %s', (_, text) => {
    expect(problem(text.replace('@', JSON.stringify(ALLOW)))).toBe(SYNTAX);
  });

  test('may have 131,072 characters and not one more', () => {
    const text = JSON.stringify({ Statement: ALLOW });
    expect(problem(text + ' '.repeat(131_072 - text.length))).toBeUndefined();
    expect(problem(text + ' '.repeat(131_073 - text.length))).toBe(SYNTAX);
  });

  test('with keys of object members is refused like any unknown element, and changes no prototype', () => {
    for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty']) {
      expect(problem(`{"Statement":${JSON.stringify(ALLOW)},"${key}":{"Effect":"Allow"}}`)).toBe(SYNTAX);
      expect(problem(`{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","${key}":{}}}`)).toBe(
        SYNTAX,
      );
    }
    expect(Object.prototype).not.toHaveProperty('Effect');
  });
});

describe('a trust policy', () => {
  const TRUST = { Effect: 'Allow', Principal: { AWS: '123456789012' }, Action: 'sts:AssumeRole' };
  const trustProblem = (changes: object) =>
    problem(JSON.stringify({ Version: '2012-10-17', Statement: { ...TRUST, ...changes } }), 'trust');

  test('is read with its principals', () => {
    const principal = {
      AWS: ['arn:aws:iam::123456789012:user/a/bob', 'AROACLKXDQRAOEXAMPLE1', '*'],
      Federated: 'arn:aws:iam::123456789012:saml-provider/idp',
      Service: 'redshift.amazonaws.com',
    };
    const text = JSON.stringify({ Id: 'x', Statement: { ...TRUST, Principal: principal } });
    const document = parsePolicyDocument(text, 'trust');
    expect(document).toMatchObject({ kind: 'trust', id: 'x', version: '2008-10-17' });
    expect(document.statements[0]?.principals).toEqual([
      { kind: 'AWS', name: 'arn:aws:iam::123456789012:user/a/bob' },
      { kind: 'AWS', name: 'AROACLKXDQRAOEXAMPLE1' },
      { kind: 'AWS', name: '*' },
      { kind: 'Federated', name: 'arn:aws:iam::123456789012:saml-provider/idp' },
      { kind: 'Service', name: 'redshift.amazonaws.com' },
    ]);
  });

  test('reads a star for everybody', () => {
    const document = parsePolicyDocument(
      JSON.stringify({ Statement: { ...TRUST, Principal: '*' } }),
      'trust',
    );
    expect(document.statements[0]?.principals).toEqual([{ kind: 'AWS', name: '*' }]);
  });

  test.each([
    ['no principal', { Principal: undefined }, 'Missing required field Principal'],
    ['an empty principal', { Principal: {} }, 'Missing required field Principal'],
    ['nobody', { Principal: { AWS: [] } }, 'Missing required field Principal'],
    ['a principal that is a text', { Principal: 'bob' }, SYNTAX],
    [
      'NotPrincipal',
      { Principal: undefined, NotPrincipal: { AWS: '*' } },
      'AssumeRole policy must not contain NotPrincipal field.',
    ],
    ['a resource', { Resource: '*' }, 'Has prohibited field Resource'],
    ['NotResource', { NotResource: '*' }, 'AssumeRole policy must not contain resources.'],
    ['no action', { Action: undefined }, 'Policy statement must contain actions.'],
    [
      'another service',
      { Action: 'iam:PassRole' },
      'AssumeRole policy may only specify STS AssumeRole actions.',
    ],
    ['every action', { Action: '*' }, 'AssumeRole policy may only specify STS AssumeRole actions.'],
    ['two colons in an action', { Action: 'sts:a:b' }, 'Actions/Condition can contain only one colon.'],
    [
      'a wildcard in an ARN',
      { Principal: { AWS: 'arn:aws:iam::123456789012:user/*' } },
      'Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:user/*"',
    ],
    ['a short account', { Principal: { AWS: '12345' } }, 'Invalid principal in policy: "AWS":"12345"'],
    [
      'an unknown kind of principal',
      { Principal: { Group: 'x' } },
      'Invalid principal in policy: "Group":"x"',
    ],
    [
      'a kind named like an object member',
      { Principal: { constructor: 'x' } },
      'Invalid principal in policy: "constructor":"x"',
    ],
  ])('with %s is refused', (_, changes, expected) => {
    expect(trustProblem(changes)).toBe(expected);
  });
});

describe('the policy of another resource', () => {
  const RESOURCE = { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/*' };
  const resourceProblem = (changes: object) =>
    problem(JSON.stringify({ Version: '2012-10-17', Statement: { ...RESOURCE, ...changes } }), 'resource');

  test.each([
    [false, { Principal: { AWS: '123456789012' } }],
    [true, { Principal: undefined, NotPrincipal: { AWS: '123456789012' } }],
  ])('is read with its principals, negated: %s', (negated, changes) => {
    const text = JSON.stringify({ Id: 'x', Statement: { ...RESOURCE, ...changes } });
    const document = parsePolicyDocument(text, 'resource');
    expect(document).toMatchObject({ kind: 'resource', id: 'x' });
    expect(document.statements[0]).toMatchObject({
      principals: { negated, values: [{ kind: 'AWS', name: '123456789012' }] },
      resources: { negated: false, values: ['arn:aws:s3:::b/*'] },
    });
  });

  test.each([
    ['no principal', { Principal: undefined }, 'Missing required field Principal'],
    ['both kinds of principals', { NotPrincipal: '*' }, SYNTAX],
    ['no resource', { Resource: undefined }, 'Policy statement must contain resources.'],
    ['a resource that is no ARN', { Resource: 'b' }, 'Resource b must be in ARN format or "*".'],
    [
      'an action without a service',
      { Action: 'GetObject' },
      'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
    ],
    ['a principal with wildcards', { Principal: { AWS: '1*' } }, 'Invalid principal in policy: "AWS":"1*"'],
  ])('with %s is refused', (_, changes, expected) => {
    expect(resourceProblem(changes)).toBe(expected);
  });
});

describe('the reader of JSON', () => {
  test('takes what JSON.parse takes, and reads the same texts from it', () => {
    const text = fc
      .string({ unit: 'binary', maxLength: 20 })
      .filter((one) => !/[^\t\n\r\u007f-\u009f\P{Cc}]|\p{Cs}/u.test(one));
    fc.assert(
      fc.property(text, fc.boolean(), (value, escaped) => {
        const json = JSON.stringify({
          Statement: { ...ALLOW, Condition: { StringEquals: { 'a:b': value } } },
        });
        const latin = json.replaceAll(
          escaped ? /[\u007f-\uffff]/g : /[\u0100-\uffff]/g,
          (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
        );
        expect(parsePolicyDocument(latin, 'identity').statements[0]?.conditions[0]?.values).toEqual([value]);
      }),
    );
  });

  test('refuses what JSON.parse refuses', () => {
    const good = JSON.stringify({
      Statement: { ...ALLOW, Condition: { NumericEquals: { 'a:b': [-1.5, 2, 'x'] } } },
    });
    fc.assert(
      fc.property(
        fc.nat(good.length - 1),
        fc.nat(2),
        fc.constantFrom('', '"', '{', '}', '[', ']', ',', ':', '\\', '0', '.', 'e', ' ', 'n', '\t'),
        (at, cut, put) => {
          const text = good.slice(0, at) + put + good.slice(at + cut);
          let parsed = true;
          try {
            JSON.parse(text);
          } catch {
            parsed = false;
          }
          if (!parsed) expect(problem(text)).toBe(SYNTAX);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test.each(['\\u00', '\\x41', '\\ud83d', '\\ude00\\ud83d', '\\u0000', '\\u001f', '\u0001', '\\'])(
    'refuses the text %j',
    (text) => {
      expect(
        problem(
          `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":"${text}"}}}}`,
        ),
      ).toBe(SYNTAX);
    },
  );

  test.each(['01', '+1', '.5', '1.', '1e', '-', 'NaN', 'Infinity', '0x1', 'True', 'nul'])(
    'refuses the value %s',
    (value) => {
      expect(
        problem(
          `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"a:b":${value}}}}}`,
        ),
      ).toBe(SYNTAX);
    },
  );
});

describe('the size of a policy', () => {
  test('counts characters without white space', () => {
    expect(policySizeWithoutWhitespace('')).toBe(0);
    expect(policySizeWithoutWhitespace(' {\r\n\t"a" : "b c"\n}')).toBe(10);
    expect(policySizeWithoutWhitespace('\u00a0')).toBe(1);
  });
});
