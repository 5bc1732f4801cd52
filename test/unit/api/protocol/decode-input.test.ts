import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeInput } from '../../../../src/api/protocol/decode-input.ts';
import { decodeQuery, operationFor } from '../../../../src/api/protocol/decode-query.ts';
import { iamTable, redshiftTable } from '../../../../src/api/protocol/services.ts';
import { validateInput } from '../../../../src/api/protocol/validate-input.ts';
import type { ServiceTable } from '../../../../src/api/services/table.ts';
import { AwsError } from '../../../../src/core/errors.ts';
import { refusal } from './refusal.ts';

function decode(table: ServiceTable, text: string): Record<string, unknown> {
  const request = decodeQuery('', Buffer.from(text));
  return decodeInput(table, operationFor(table, request), request.parameters);
}

const credentials = (rest: string): Record<string, unknown> =>
  decode(redshiftTable, `Action=GetClusterCredentials&${rest}`);
const tagUser = (rest: string): Record<string, unknown> => decode(iamTable, `Action=TagUser&${rest}`);

describe('GetClusterCredentials', () => {
  test('is decoded as the drivers send it', () => {
    const input = credentials(
      'DbUser=alice&DbName=dev&ClusterIdentifier=c1&AutoCreate=true&DurationSeconds=900&DbGroups.DbGroup.1=a&DbGroups.DbGroup.2=b',
    );
    expect(input).toEqual({
      DbUser: 'alice',
      DbName: 'dev',
      ClusterIdentifier: 'c1',
      AutoCreate: true,
      DurationSeconds: 900,
      DbGroups: ['a', 'b'],
    });
  });

  test('takes an empty list, number and boolean as not given, and an empty string as a string', () => {
    expect(credentials('DbGroups=&DurationSeconds=&AutoCreate=&CustomDomainName=')).toEqual({
      CustomDomainName: '',
    });
  });

  test('ignores what it does not know', () => {
    expect(credentials('DbUser=a&Color=red&DbUser.x=1&Constructor.member.1=x')).toEqual({ DbUser: 'a' });
  });
});

describe('a list', () => {
  test.each(['DbGroups.DbGroup', 'DbGroups.member', 'DbGroups'])('may be written %s.N', (prefix) => {
    expect(credentials(`${prefix}.1=a&${prefix}.2=b`)).toEqual({ DbGroups: ['a', 'b'] });
  });

  test('is in the order of its numbers, and gaps close up', () => {
    expect(credentials('DbGroups.DbGroup.10=c&DbGroups.DbGroup.2=b&DbGroups.DbGroup.1=a')).toEqual({
      DbGroups: ['a', 'b', 'c'],
    });
  });

  test('may hold structures, also empty ones', () => {
    expect(tagUser('Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2=')).toEqual({
      Tags: [{ Key: 'k', Value: 'v' }, {}],
    });
  });

  test.each(['0', '-1', '01', '1.5', 'x', '', '10001', '99999', '100000', '__proto__'])(
    'has no element %j',
    (index) => {
      expect(refusal(() => credentials(`DbGroups.DbGroup.${index}=a`))).toMatch(
        /^InvalidQueryParameter 400 /,
      );
    },
  );

  test('has an element 10000', () => {
    expect(credentials('DbGroups.DbGroup.10000=a')).toEqual({ DbGroups: ['a'] });
  });

  test.each([
    'DbGroups.DbGroup.1=a&DbGroups.member.1=b',
    'DbGroups.DbGroup.1=a&DbGroups.2=b',
    'DbGroups=a',
    'DbGroups.DbGroup.1.x=a',
  ])('is refused when ambiguous: %s', (text) => {
    expect(refusal(() => credentials(text))).toMatch(/^InvalidQueryParameter 400 The parameter DbGroups/);
  });
});

describe('a map', () => {
  const create = (rest: string): Record<string, unknown> =>
    decode(redshiftTable, `Action=CreateIntegration&${rest}`);
  const entry = (n: number, key: string): string =>
    `AdditionalEncryptionContext.entry.${n}.key=${key}&AdditionalEncryptionContext.entry.${n}.value=v${n}`;

  test('is decoded with any key', () => {
    expect(create(`${entry(1, '__proto__')}&${entry(2, 'b')}`)).toEqual({
      AdditionalEncryptionContext: new Map([
        ['__proto__', 'v1'],
        ['b', 'v2'],
      ]),
    });
  });

  test('is refused with a key twice or without a value', () => {
    expect(refusal(() => create(`${entry(1, 'a')}&${entry(2, 'a')}`))).toContain('repeats a key');
    expect(refusal(() => create('AdditionalEncryptionContext.entry.1.key=a'))).toContain(
      'needs a key and a value',
    );
  });
});

describe('values', () => {
  test.each([
    ['true', true],
    ['false', false],
    ['True', true],
    ['FALSE', false],
  ])('%s is a boolean', (text, value) => {
    expect(credentials(`AutoCreate=${text}`)).toEqual({ AutoCreate: value });
  });

  test.each([
    ['0', 0],
    ['-0', 0],
    ['%2B5', 5],
    ['2147483647', 2147483647],
    ['-2147483648', -2147483648],
    ['007', 7],
  ])('%s is an integer', (text, value) => {
    expect(Object.is(credentials(`DurationSeconds=${text}`)['DurationSeconds'], value)).toBe(true);
  });

  test.each([
    ['2026-03-04T05:06:07Z', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04T05:06:07.5Z', '2026-03-04T05:06:07.500Z'],
    ['2026-03-04T05:06:07.123456Z', '2026-03-04T05:06:07.123Z'],
    ['2026-03-04T05:06:07', '2026-03-04T05:06:07.000Z'],
    ['2026-03-04T05:06:07%2B02:00', '2026-03-04T03:06:07.000Z'],
    ['2026-03-04T05:06:07-0130', '2026-03-04T06:36:07.000Z'],
    ['2026-03-04', '2026-03-04T00:00:00.000Z'],
    ['1772600767', '2026-03-04T05:06:07.000Z'],
    ['1772600767.25', '2026-03-04T05:06:07.250Z'],
  ])('%s is a time', (text, iso) => {
    const input = decode(redshiftTable, `Action=DescribeEvents&StartTime=${text}`);
    expect(input).toEqual({ StartTime: new Date(iso) });
  });

  test.each([
    ['Action=GetClusterCredentials&AutoCreate=yes', 'AutoCreate: it must be true or false'],
    ['Action=GetClusterCredentials&AutoCreate=1', 'AutoCreate: it must be true or false'],
    ['Action=GetClusterCredentials&DurationSeconds=9e2', 'DurationSeconds: it must be an integer'],
    ['Action=GetClusterCredentials&DurationSeconds=900.0', 'DurationSeconds: it must be an integer'],
    ['Action=GetClusterCredentials&DurationSeconds=0x384', 'DurationSeconds: it must be an integer'],
    ['Action=GetClusterCredentials&DurationSeconds=2147483648', 'DurationSeconds: it must be an integer'],
    ['Action=GetClusterCredentials&DurationSeconds=-2147483649', 'DurationSeconds: it must be an integer'],
    ['Action=DescribeEvents&StartTime=yesterday', 'StartTime: it must be a time in ISO 8601 format'],
    ['Action=DescribeEvents&StartTime=2026-02-31', 'StartTime: it must be a time in ISO 8601 format'],
    ['Action=DescribeEvents&StartTime=2026-13-01', 'StartTime: it must be a time in ISO 8601 format'],
    [
      'Action=DescribeEvents&StartTime=2026-01-01T25:00:00Z',
      'StartTime: it must be a time in ISO 8601 format',
    ],
  ])('%s is refused', (text, message) => {
    expect(refusal(() => decode(redshiftTable, text))).toBe(
      `InvalidParameterValue 400 Invalid value for the parameter ${message}.`,
    );
  });

  test('of the wrong type are a ValidationError for IAM', () => {
    expect(refusal(() => decode(iamTable, 'Action=ListUsers&MaxItems=many'))).toBe(
      'ValidationError 400 Invalid value for the parameter MaxItems: it must be an integer.',
    );
  });
});

describe('hostile input', () => {
  test('never throws anything but an AwsError, nor reaches a prototype', () => {
    const name = fc
      .array(
        fc.constantFrom(
          ...['Tags', 'DbGroups', 'DbGroup', 'member', 'entry', 'key', 'value', '1', '2', '99999999999', '0'],
          ...['__proto__', 'constructor', 'prototype', 'toString', 'Key', 'UserName', '', 'MaxItems'],
        ),
        { minLength: 1, maxLength: 20 },
      )
      .map((names) => names.join('.'));
    const parameters = fc.dictionary(
      name,
      fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '1', 'true')),
      {
        maxKeys: 8,
      },
    );
    const action = fc.constantFrom('TagUser', 'ListUsers', 'SimulateCustomPolicy', 'CreateSAMLProvider');
    fc.assert(
      fc.property(action, parameters, (operationName, given) => {
        const operation = iamTable.operation(operationName);
        if (operation === undefined) throw new Error('no such operation');
        try {
          const input = decodeInput(iamTable, operation, new Map(Object.entries(given)));
          expect(Object.getPrototypeOf(input)).toBe(Object.prototype);
          validateInput(iamTable, operation, input);
        } catch (error) {
          expect(error).toBeInstanceOf(AwsError);
        }
        expect(({} as Record<string, unknown>)['Key']).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });

  test('of the largest allowed size is handled quickly', () => {
    const deep = `Tags${'.a'.repeat(50_000)}=1`;
    const wide = Array.from(
      { length: 4095 },
      (_, n) => `Tags.member.${4095 - n}.Key=k${'%20'.repeat(30)}`,
    ).join('&');
    const before = performance.now();
    expect(refusal(() => tagUser(deep))).toMatch(
      /^InvalidQueryParameter 400 A parameter name has more than 16/,
    );
    expect(tagUser(wide)['Tags']).toHaveLength(4095);
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
