import { describe, expect, test } from 'vitest';
import {
  type AnyAction,
  decodeCall,
  decodeCallInput,
  headerValue,
  type Service,
} from '../../../src/api/decode-call.ts';
import type { ReceivedRequest } from '../../../src/api/listen.ts';
import { redshiftTable } from '../../../src/api/protocol/services.ts';
import { refusal } from './protocol/refusal.ts';
import { ECHO, received, serviceWith, signed, table } from './service.ts';

const action = (): AnyAction<unknown> => ({
  permissions: () => [],
  run: async () => undefined,
  changes: false,
});
const echo = action();
const describeClusters = action();
const SERVICES: readonly Service<unknown>[] = [
  { table: redshiftTable, actions: new Map([['DescribeClusters', describeClusters]]) },
  serviceWith(echo),
];

const decode = (request: ReceivedRequest) => decodeCall(SERVICES, request);
const refused = (request: ReceivedRequest): string => refusal(() => decode(request));

describe('the operation', () => {
  test('is found by Action and Version in the body', () => {
    const call = decode(received(ECHO));
    expect(call.table).toBe(table);
    expect(call.operation.name).toBe('Echo');
    expect(call.action).toBe(echo);
    expect(call.input()).toEqual({ Text: 'hello' });
  });

  test('is found in the query, of a GET or a POST', () => {
    for (const method of ['GET', 'POST']) {
      const call = decode(received('', { method, query: ECHO, headers: [['Host', 'x']] }));
      expect([call.action, call.input()]).toEqual([echo, { Text: 'hello' }]);
    }
  });

  test('is found by the service that the request is signed for, when there is no Version', () => {
    expect(decode(signed('Action=Echo&Text=a')).action).toBe(echo);
  });

  test('is one of its Version, whatever service the request is signed for', () => {
    expect(decode(signed('Action=DescribeClusters&Version=2012-12-01')).action).toBe(describeClusters);
    expect(refused(signed('Action=Echo&Version=2012-12-01'))).toBe(
      'InvalidAction 400 Could not find operation Echo for version 2012-12-01',
    );
  });

  test.each([
    ['Version=2000-01-01', 'MissingAction 400 The request must contain the parameter Action.'],
    ['Action=&Version=2000-01-01', 'MissingAction 400 The request must contain the parameter Action.'],
    ['', 'MissingAction 400 The request must contain the parameter Action.'],
    ['Action=Echo', 'InvalidAction 400 Could not find operation Echo'],
    ['Action=Echo&Version=', 'InvalidAction 400 Could not find operation Echo for version '],
    [
      'Action=Echo&Version=2000-01-02',
      'InvalidAction 400 Could not find operation Echo for version 2000-01-02',
    ],
    [
      'Action=echo&Version=2000-01-01',
      'InvalidAction 400 Could not find operation echo for version 2000-01-01',
    ],
    [
      'Action=constructor&Version=2000-01-01',
      'InvalidAction 400 Could not find operation constructor for version 2000-01-01',
    ],
    [
      'Action=Other&Version=2000-01-01',
      'InvalidAction 400 Could not find operation Other for version 2000-01-01',
    ],
    [
      'Action=CreateClusterUser&Version=2012-12-01',
      'InvalidAction 400 Could not find operation CreateClusterUser for version 2012-12-01',
    ],
    [
      'Action=JoinGroup&Version=2012-12-01',
      'InvalidAction 400 Could not find operation JoinGroup for version 2012-12-01',
    ],
  ])('of %j is refused', (body, expected) => {
    expect(refused(received(body))).toBe(expected);
  });

  test('is not taken from two places at once', () => {
    expect(refused(received(ECHO, { query: 'Action=Other' }))).toMatch(/^InvalidQueryParameter 400 /);
  });
});

describe('the form of a request', () => {
  const type = (value: string): Partial<ReceivedRequest> => ({ headers: [['content-TYPE', value]] });

  test.each(['/x', '//', '', '/health', '*'])('has the path /, not %j', (path) => {
    expect(refused(received(ECHO, { path }))).toBe('InvalidAction 404 There is nothing at this path; use /.');
  });

  test.each(['PUT', 'DELETE', 'HEAD', 'OPTIONS', 'post', 'PATCH'])('has not the method %s', (method) => {
    expect(refused(received(ECHO, { method }))).toBe(
      `InvalidHttpRequest 405 The method ${method} is not supported; use POST or GET.`,
    );
  });

  test.each([
    'application/x-www-form-urlencoded',
    'application/x-www-form-urlencoded; charset=utf-8',
    'APPLICATION/X-WWW-Form-Urlencoded ;charset=UTF-8',
  ])('may have the content type %s', (value) => {
    expect(decode(received(ECHO, type(value))).action).toBe(echo);
  });

  test.each([
    '',
    'text/plain',
    'application/json',
    'multipart/form-data; boundary=x',
    'x, application/x-www-form-urlencoded',
  ])('may not have the content type %j with a body', (value) => {
    expect(refused(received(ECHO, type(value)))).toMatch(/^InvalidHttpRequest 415 /);
    expect(refused(received(ECHO, { headers: [] }))).toMatch(/^InvalidHttpRequest 415 /);
  });

  test('needs no content type without a body', () => {
    expect(decode(received('', { query: ECHO, ...type('text/plain') })).action).toBe(echo);
  });

  test.each(['Action=%ff', 'Action=%', 'Action=Echo%00', 'Action=\xff'])('is one UTF-8 form: %j', (body) => {
    expect(refused(received('', { body: Buffer.from(body, 'latin1') }))).toMatch(
      /^MalformedQueryString 400 /,
    );
  });
});

describe('the input', () => {
  test('is read by the model of the operation', () => {
    expect(decodeCallInput(decode(received(ECHO)))).toEqual({ Text: 'hello' });
  });

  test.each(['Action=Echo&Version=2000-01-01', `${ECHO}hellohello`, 'Action=Echo&Version=2000-01-01&Text='])(
    'is checked against it: %s',
    (body) => {
      expect(refusal(() => decodeCallInput(decode(received(body))))).toMatch(/^ValidationError 400 /);
    },
  );
});

describe('a header', () => {
  test('is found in any case, the first of several, and is undefined when absent', () => {
    const request = received('', {
      headers: [
        ['X-a', '1'],
        ['x-A', '2'],
        ['b', ''],
      ],
    });
    expect(headerValue(request, 'x-a')).toBe('1');
    expect(headerValue(request, 'b')).toBe('');
    expect(headerValue(request, 'c')).toBeUndefined();
  });
});
