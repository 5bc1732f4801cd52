import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeJsonInput, operationOfTarget } from '../../../../src/api/protocol/decode-json.ts';
import { encodeJsonError, encodeJsonResult, toJsonError } from '../../../../src/api/protocol/encode-json.ts';
import { redshiftDataTable, redshiftServerlessTable } from '../../../../src/api/protocol/services.ts';
import { type Operation, ServiceTable } from '../../../../src/api/services/table.ts';
import { AwsError } from '../../../../src/core/errors.ts';
import { arbitraryOf, asSdk } from './arbitrary-shape.ts';
import { refusal } from './refusal.ts';

/** One operation with a member of each kind, its output the same as its input. */
const kinds = new ServiceTable({
  name: 'kinds',
  version: '2000-01-01',
  namespace: '',
  target: 'Kinds',
  strict: true,
  operations: { All: 'All>All', None: '>' },
  structures: {
    All: 'text:string number:integer long:long ratio:double yes:boolean at:timestamp iso:isoTime bytes:blob inner:Inner list:Texts map:Numbers',
    Inner: 'text:string',
  },
  lists: { Texts: { of: 'string' } },
  maps: { Numbers: 'string integer' },
  scalars: { isoTime: { type: 'timestamp', format: 'iso8601' } },
  errors: {},
});

function operationOf(table: ServiceTable, name: string): Operation {
  const found = table.operation(name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return found;
}

const ALL = operationOf(kinds, 'All');
const decode = (json: string) => decodeJsonInput(ALL, Buffer.from(json));

describe('a body of the JSON protocol', () => {
  test('is read by the kind of each member', () => {
    const body = {
      text: 'a',
      number: 1,
      long: 2 ** 40,
      ratio: 0.5,
      yes: false,
      at: 1_700_000_000.5,
      bytes: 'AQI=',
      inner: { text: 'b', unknown: 1 },
      list: ['c'],
      map: { d: 4 },
      unknown: { deep: [1] },
    };
    expect(decode(JSON.stringify(body))).toEqual({
      text: 'a',
      number: 1,
      long: 2 ** 40,
      ratio: 0.5,
      yes: false,
      at: new Date(1_700_000_000_500),
      bytes: Buffer.of(1, 2),
      inner: { text: 'b' },
      list: ['c'],
      map: new Map([['d', 4]]),
    });
  });

  test('leaves out what is null, and may be empty', () => {
    expect(decode('{"text":null,"list":[]}')).toEqual({ list: [] });
    expect(decode('')).toEqual({});
    expect(decodeJsonInput(operationOf(kinds, 'None'), Buffer.from('{"a":1}'))).toEqual({});
  });

  test('gives no member that the object inherits', () => {
    expect(decode('{"__proto__":{"text":"x"}}')).toEqual({});
  });

  test.each([
    ['{', 'no JSON'],
    ['[]', 'no object'],
    ['"text"', 'no object'],
    ['null', 'no object'],
    ['{"text":1}', 'a number for a text'],
    ['{"text":"a\\u0000b"}', 'a null character'],
    ['{"number":1.5}', 'a fraction for an integer'],
    ['{"number":2147483648}', 'more than 32 bits'],
    ['{"number":"1"}', 'a text for a number'],
    ['{"long":9007199254740992}', 'more than 53 bits'],
    ['{"ratio":1e999}', 'an infinite number'],
    ['{"yes":"true"}', 'a text for a boolean'],
    ['{"at":"yesterday"}', 'no time'],
    ['{"at":1e300}', 'a time out of range'],
    ['{"bytes":"%"}', 'no base64'],
    ['{"inner":[]}', 'a list for an object'],
    ['{"list":{}}', 'an object for a list'],
    ['{"list":[null]}', 'null in a list'],
    ['{"map":[]}', 'a list for a map'],
  ])('is refused: %s (%s)', (body) => {
    expect(refusal(() => decode(body))).toMatch(/^SerializationException/);
  });

  test('is refused when it is not UTF-8', () => {
    expect(refusal(() => decodeJsonInput(ALL, Buffer.from('7b22ff227d', 'hex')))).toMatch(
      /^SerializationException/,
    );
  });
});

describe('answers', () => {
  test('are read back as what they were made from, of every operation', () => {
    for (const table of [kinds, redshiftDataTable, redshiftServerlessTable]) {
      for (const name of table.operationNames()) {
        const { output } = operationOf(table, name);
        if (output === undefined) continue;
        const asInput = { name, input: output, output };
        fc.assert(
          fc.property(arbitraryOf(output), (value) => {
            const body = encodeJsonResult(asInput, value as object);
            expect(asSdk(decodeJsonInput(asInput, Buffer.from(body)))).toEqual(asSdk(value));
          }),
          { numRuns: 3 },
        );
      }
    }
  });

  test('have times in seconds, or in ISO 8601 where the model says so', () => {
    const at = new Date('2026-03-01T12:00:00.250Z');
    expect(JSON.parse(encodeJsonResult(ALL, { at, iso: at }))).toEqual({
      at: 1772366400.25,
      iso: '2026-03-01T12:00:00.250Z',
    });
  });

  test('hold every value of 64 bits, and as texts what is no number in JSON', () => {
    const text = encodeJsonResult(ALL, { long: 2n ** 63n - 1n, ratio: Number.NEGATIVE_INFINITY });
    expect(text).toBe('{"long":9223372036854775807,"ratio":"-Infinity"}');
    expect(encodeJsonResult(ALL, { long: -0, ratio: Number.NaN })).toBe('{"long":0,"ratio":"NaN"}');
    expect(encodeJsonResult(ALL, { ratio: 1e21 })).toBe('{"ratio":1e+21}');
  });

  test('of an error have its further members', () => {
    const error = new AwsError('ResourceNotFoundException', 404, 'no', { members: { ResourceId: 'x' } });
    expect(encodeJsonError(toJsonError(error))).toBe(
      '{"__type":"ResourceNotFoundException","message":"no","ResourceId":"x"}',
    );
  });

  test('of an operation without output are an empty object', () => {
    expect(encodeJsonResult(operationOf(kinds, 'None'), undefined)).toBe('{}');
  });
});

test.each([
  ['AccessDenied', 403, 'AccessDeniedException', 400],
  ['InvalidClientTokenId', 403, 'UnrecognizedClientException', 400],
  ['SignatureDoesNotMatch', 403, 'InvalidSignatureException', 400],
  ['MissingAuthenticationToken', 403, 'MissingAuthenticationTokenException', 400],
  ['ValidationError', 400, 'ValidationException', 400],
  ['ResourceNotFoundException', 400, 'ResourceNotFoundException', 400],
  ['InternalFailure', 500, 'InternalServerException', 500],
  ['ServiceUnavailable', 503, 'ServiceUnavailableException', 503],
])('the error %s (%i) is %s (%i) in JSON', (code, status, jsonCode, jsonStatus) => {
  const told = toJsonError(new AwsError(code, status, 'why'));
  expect([told.code, told.status, told.message]).toEqual([jsonCode, jsonStatus, 'why']);
});

test.each([
  ['Kinds.All', 'All'],
  ['Kinds.', ''],
  ['Other.All', undefined],
  ['Kinds.All.More', undefined],
  ['Kinds', undefined],
  ['', undefined],
])('the target %s names the operation %s', (header, name) => {
  expect(operationOfTarget(header, 'Kinds')).toBe(name);
});
