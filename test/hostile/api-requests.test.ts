import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { Secret } from '../../src/core/secret.ts';
import type { RawRequest } from '../../src/sigv4/index.ts';
import {
  ask,
  makeUser,
  must,
  type Parameters,
  plain,
  presigned,
  type Received,
  type ServiceName,
  send,
  signed,
} from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';

/**
 * Requests that must be refused, with the code, status and text that AWS gives.
 * Source: IAM User Guide, "Troubleshoot Signature Version 4 requests"; Common Error Types of the query APIs.
 */

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';
const UNKNOWN_KEY = 'The security token included in the request is invalid';
const WHO = { Action: 'GetCallerIdentity' };
const CREDENTIALS = { ClusterIdentifier: 'examplecluster', DbUser: 'temp_creds_user' };
const MINUTE = 60_000;

let keyshift: Keyshift;
let root: Endpoint;
beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  // Nothing of all this is an error of Keyshift's own.
  expect(keyshift.output).not.toContain('a request failed');
  await keyshift.close();
});

const refusal = ({ status, code, message }: Received): [number, string, string] => [status, code, message];
const sendSigned = (parameters: Parameters, service: ServiceName = 'sts') =>
  send(root, signed(root, service, parameters));
const minutesFromNow = (minutes: number): Date => new Date(Date.now() + minutes * MINUTE);

function withHeader(
  raw: RawRequest,
  name: string,
  change: (value: string) => string | undefined,
): RawRequest {
  const headers = raw.headers.flatMap(([key, value]): [string, string][] => {
    if (key.toLowerCase() !== name) return [[key, value]];
    const changed = change(value);
    return changed === undefined ? [] : [[key, changed]];
  });
  return { ...raw, headers };
}

const added = (raw: RawRequest, name: string, value: string): RawRequest => ({
  ...raw,
  headers: [...raw.headers, [name, value]],
});
const atBody = (raw: RawRequest, change: (body: string) => string): RawRequest => ({
  ...raw,
  body: Buffer.from(change(raw.body.toString())),
});
const atAuthorization = (raw: RawRequest, change: (value: string) => string): RawRequest =>
  withHeader(raw, 'authorization', change);

test('the request that the cases below change is good as it is', async () => {
  const answer = await sendSigned(WHO);
  expect(answer.status).toBe(200);
  expect(answer.texts('Arn')).toEqual(['arn:aws:iam::123456789012:root']);
  expect((await send(root, presigned(root, 'sts', WHO, 60))).texts('Account')).toEqual(['123456789012']);
});

describe('a request that was changed after it was signed', () => {
  const flip = (signature: string): string => signature.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  const CASES: readonly [string, (raw: RawRequest) => RawRequest][] = [
    ['another user in the body', (raw) => atBody(raw, (body) => body.replace('temp_creds_user', 'admin'))],
    ['a parameter added to the body', (raw) => atBody(raw, (body) => `${body}&AutoCreate=true`)],
    ['a parameter added as a query', (raw) => ({ ...raw, query: 'AutoCreate=true' })],
    ['the body cut short', (raw) => atBody(raw, (body) => body.slice(0, -1))],
    ['the parameters in another order', (raw) => atBody(raw, (body) => body.split('&').reverse().join('&'))],
    ['another host', (raw) => withHeader(raw, 'host', () => 'redshift.us-west-2.amazonaws.com')],
    ['another content type', (raw) => withHeader(raw, 'content-type', (value) => value.toUpperCase())],
    [
      'another time',
      (raw) =>
        withHeader(raw, 'x-amz-date', (value) => value.replace(/.Z$/, (end) => (end === '0Z' ? '1Z' : '0Z'))),
    ],
    [
      'another method',
      (raw) => ({ ...raw, method: 'GET', query: raw.body.toString(), body: Buffer.alloc(0) }),
    ],
    ['another signature', (raw) => atAuthorization(raw, flip)],
    [
      'no signature bytes',
      (raw) => atAuthorization(raw, (value) => value.replace(/Signature=.*/, 'Signature=00')),
    ],
    [
      'a signature in upper case',
      (raw) =>
        atAuthorization(raw, (value) =>
          value.replace(/Signature=.*/, (end) => end.toUpperCase().replace('SIGNATURE', 'Signature')),
        ),
    ],
    [
      'a header taken out of the list',
      (raw) => atAuthorization(raw, (value) => value.replace('content-type;', '')),
    ],
  ];

  test.each(CASES)('%s', async (_title, change) => {
    const raw = signed(root, 'redshift', { Action: 'GetClusterCredentials', ...CREDENTIALS });
    const changed = change(raw);
    expect(changed).not.toEqual(raw);
    expect(refusal(await send(root, changed))).toEqual([403, 'SignatureDoesNotMatch', MISMATCH]);
  });

  test('a presigned request with another parameter, or a body', async () => {
    const raw = presigned(root, 'redshift', { Action: 'GetClusterCredentials', ...CREDENTIALS }, 60);
    expect((await send(root, raw)).status).toBe(200);
    const other = { ...raw, query: raw.query.replace('temp_creds_user', 'admin') };
    expect(refusal(await send(root, other))).toEqual([403, 'SignatureDoesNotMatch', MISMATCH]);
    const longer = { ...raw, query: raw.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=600') };
    expect(refusal(await send(root, longer))).toEqual([403, 'SignatureDoesNotMatch', MISMATCH]);
    const type: [string, string] = ['content-type', 'application/x-www-form-urlencoded'];
    const withBody = { ...raw, headers: [...raw.headers, type], body: Buffer.from('AutoCreate=true') };
    expect(refusal(await send(root, withBody))).toEqual([403, 'SignatureDoesNotMatch', MISMATCH]);
  });

  test('an x-amz- header that the signature leaves out', async () => {
    const answer = await send(root, added(signed(root, 'sts', WHO), 'x-amz-target-user', 'admin'));
    expect(refusal(answer)).toEqual([
      403,
      'SignatureDoesNotMatch',
      "'x-amz-target-user' must be a 'SignedHeader' in the AWS Authorization.",
    ]);
  });

  test('the secret of somebody else', async () => {
    const forged = { ...root, secretAccessKey: new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY') };
    expect(refusal(await ask(forged, 'sts', 'GetCallerIdentity'))).toEqual([
      403,
      'SignatureDoesNotMatch',
      MISMATCH,
    ]);
  });

  test('an answer to a wrong signature shows neither the secret nor the right signature', async () => {
    const raw = signed(root, 'sts', WHO);
    const right = /Signature=(\w+)/.exec(
      raw.headers.find(([name]) => name === 'authorization')?.[1] ?? '',
    )?.[1];
    const answer = await send(root, atAuthorization(raw, flip));
    expect(answer.text).not.toContain(right);
    expect(answer.text).not.toContain(root.secretAccessKey.reveal());
  });
});

describe('the time of a signature', () => {
  const stamp = '\\d{8}T\\d{6}Z';

  test.each([-16, -60, -60 * 24 * 400])('%i minutes from now is expired', async (minutes) => {
    const answer = await ask(root, 'sts', 'GetCallerIdentity', {}, { at: minutesFromNow(minutes) });
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    const text = `^Signature expired: ${stamp} is now earlier than ${stamp} \\(${stamp} - 15 min\\.\\)$`;
    expect(answer.message).toMatch(new RegExp(text));
  });

  test.each([16, 60, 60 * 24 * 400])('%i minutes from now is not yet current', async (minutes) => {
    const answer = await ask(root, 'sts', 'GetCallerIdentity', {}, { at: minutesFromNow(minutes) });
    expect([answer.status, answer.code]).toEqual([403, 'SignatureDoesNotMatch']);
    const text = `^Signature not yet current: ${stamp} is still later than ${stamp} \\(${stamp} \\+ 15 min\\.\\)$`;
    expect(answer.message).toMatch(new RegExp(text));
  });

  test.each([-14, 0, 14])('%i minutes from now is good', async (minutes) => {
    expect((await ask(root, 'sts', 'GetCallerIdentity', {}, { at: minutesFromNow(minutes) })).status).toBe(
      200,
    );
  });

  test('every answer tells the time, by which clients set their own', async () => {
    for (const at of [new Date(), minutesFromNow(60)]) {
      const { headers } = await ask(root, 'sts', 'GetCallerIdentity', {}, { at });
      expect(Math.abs(Date.parse(String(headers['date'])) - Date.now())).toBeLessThan(MINUTE);
    }
  });

  test('a presigned request is good until its life is over, and never for longer', async () => {
    const at = minutesFromNow(-20);
    const old = presigned(root, 'sts', WHO, 3600, { at });
    expect((await send(root, old)).status).toBe(200);
    const over = presigned(root, 'sts', WHO, 1200, { at });
    expect(refusal(await send(root, over))).toEqual([400, 'RequestExpired', 'Request has expired.']);
    const future = await send(root, presigned(root, 'sts', WHO, 3600, { at: minutesFromNow(16) }));
    expect(future.message).toMatch(/^Signature not yet current: /);
  });

  test.each(['0', '604801', '-1', '60.0', 'x', ''])('the presigned life "%s" is refused', async (life) => {
    const raw = presigned(root, 'sts', WHO, 60);
    const query = raw.query.replace('X-Amz-Expires=60', `X-Amz-Expires=${life}`);
    const answer = await send(root, { ...raw, query });
    expect([answer.status, answer.code]).toEqual([400, 'IncompleteSignature']);
  });

  test('the day of the scope must be the day of the date', async () => {
    const raw = atAuthorization(signed(root, 'sts', WHO), (value) =>
      value.replace(/\/20\d{6}\//, '/20200101/'),
    );
    const answer = await send(root, raw);
    expect(answer.code).toBe('SignatureDoesNotMatch');
    expect(answer.message).toMatch(
      /^Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20200101' != '\d{8}', from '\d{8}T\d{6}Z'\.$/,
    );
  });
});

describe('a request that was signed for something else', () => {
  const redshift = (signing: object) => ask(root, 'redshift', 'DescribeClusters', {}, signing);

  test('another service', async () => {
    expect(refusal(await redshift({ service: 'iam' }))).toEqual([
      403,
      'SignatureDoesNotMatch',
      "Credential should be scoped to correct service: 'redshift'.",
    ]);
  });

  test('a call of IAM replayed as a call of STS', async () => {
    const raw = signed(root, 'iam', { Action: 'GetUser' });
    const replayed = atBody(raw, () => 'Action=GetCallerIdentity&Version=2011-06-15');
    expect(refusal(await send(root, replayed))).toEqual([
      403,
      'SignatureDoesNotMatch',
      "Credential should be scoped to correct service: 'sts'.",
    ]);
  });

  test('another region', async () => {
    expect(refusal(await redshift({ region: 'eu-central-1' }))).toEqual([
      403,
      'SignatureDoesNotMatch',
      "Credential should be scoped to a valid region, not 'eu-central-1'.",
    ]);
  });

  test('IAM and STS have no region: any is good', async () => {
    expect((await ask(root, 'sts', 'GetCallerIdentity', {}, { region: 'eu-central-1' })).status).toBe(200);
    expect((await ask(root, 'iam', 'GetAccountSummary', {}, { region: 'us-east-1' })).status).toBe(200);
  });

  test('another end of the scope', async () => {
    const raw = atAuthorization(signed(root, 'sts', WHO), (value) =>
      value.replace('aws4_request', 'aws5_request'),
    );
    expect(refusal(await send(root, raw))).toEqual([
      403,
      'SignatureDoesNotMatch',
      "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
    ]);
  });
});

describe('a key', () => {
  const who = (endpoint: Endpoint) => ask(endpoint, 'sts', 'GetCallerIdentity');

  test('that nobody has is refused, whatever it is called', async () => {
    for (const accessKeyId of [
      'AKIAIOSFODNN7EXAMPLE',
      'x',
      "'; DROP TABLE keys --",
      '%00',
      'A'.repeat(200),
    ]) {
      expect(refusal(await who({ ...root, accessKeyId })), accessKeyId).toEqual([
        403,
        'InvalidClientTokenId',
        UNKNOWN_KEY,
      ]);
    }
  });

  test("of the root user in another case is nobody's", async () => {
    const accessKeyId = root.accessKeyId.toLowerCase();
    expect((await who({ ...root, accessKeyId })).code).toBe('InvalidClientTokenId');
  });

  test('with a session token that no session gave it is refused', async () => {
    const raw = added(signed(root, 'sts', WHO), 'x-amz-security-token', 'FwoGZXIvYXdzEXAMPLE');
    expect(refusal(await send(root, raw))).toEqual([403, 'InvalidClientTokenId', UNKNOWN_KEY]);
  });

  test('is refused from the moment it is inactive, and good again when it is active', async () => {
    const ann = await makeUser(root, 'ann');
    const status = (Status: string) =>
      must(root, 'iam', 'UpdateAccessKey', { UserName: 'ann', AccessKeyId: ann.accessKeyId, Status });
    for (let round = 0; round < 5; round++) {
      expect((await who(ann)).status).toBe(200);
      await status('Inactive');
      expect(refusal(await who(ann))).toEqual([403, 'InvalidClientTokenId', UNKNOWN_KEY]);
      await status('Active');
    }
    expect((await who(ann)).texts('Arn')).toEqual(['arn:aws:iam::123456789012:user/ann']);
  });

  test('is refused from the moment it is deleted, also for a request signed before', async () => {
    const ben = await makeUser(root, 'ben');
    const raw = signed(ben, 'sts', WHO);
    const link = presigned(ben, 'sts', WHO, 3600);
    expect((await send(root, raw)).status).toBe(200);
    await must(root, 'iam', 'DeleteAccessKey', { UserName: 'ben', AccessKeyId: ben.accessKeyId });
    for (const one of [raw, link, signed(ben, 'sts', WHO)]) {
      expect(refusal(await send(root, one))).toEqual([403, 'InvalidClientTokenId', UNKNOWN_KEY]);
    }
  });

  test('is refused when its user is gone', async () => {
    const cid = await makeUser(root, 'cid');
    await must(root, 'iam', 'DeleteAccessKey', { UserName: 'cid', AccessKeyId: cid.accessKeyId });
    await must(root, 'iam', 'DeleteUser', { UserName: 'cid' });
    expect((await who(cid)).code).toBe('InvalidClientTokenId');
  });
});

describe('a signature that is not whole', () => {
  const unsigned = (): RawRequest => plain(root, 'sts', WHO);

  test('none at all', async () => {
    for (const raw of [
      unsigned(),
      { ...unsigned(), method: 'GET', query: unsigned().body.toString(), body: Buffer.alloc(0) },
    ]) {
      expect(refusal(await send(root, raw))).toEqual([
        403,
        'MissingAuthenticationToken',
        'Request is missing Authentication Token',
      ]);
    }
  });

  const PARTS: readonly [string, RegExp, string][] = [
    ['Credential', /Credential=[^,]*, /, "Authorization header requires 'Credential' parameter."],
    ['SignedHeaders', /SignedHeaders=[^,]*, /, "Authorization header requires 'SignedHeaders' parameter."],
    ['Signature', /, Signature=.*/, "Authorization header requires 'Signature' parameter."],
  ];
  test.each(PARTS)('without %s', async (_part, pattern, text) => {
    const raw = atAuthorization(signed(root, 'sts', WHO), (value) => value.replace(pattern, ''));
    expect(refusal(await send(root, raw))).toEqual([400, 'IncompleteSignature', text]);
  });

  test('without a date', async () => {
    const raw = withHeader(signed(root, 'sts', WHO), 'x-amz-date', () => undefined);
    expect(refusal(await send(root, raw))).toEqual([
      400,
      'IncompleteSignature',
      "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ]);
  });

  test.each([
    'Basic cm9vdDpyb290',
    'Bearer abc',
    'AWS4-HMAC-SHA256',
    'AWS4-HMAC-SHA1 a=b',
    'AWS4-HMAC-SHA256 nothing',
    'AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c',
    'AWS4-HMAC-SHA256 a=1, a=2',
    ' ',
  ])('the header "%s"', async (authorization) => {
    const answer = await send(
      root,
      added(added(unsigned(), 'x-amz-date', '20260101T000000Z'), 'authorization', authorization),
    );
    expect([answer.status, answer.code]).toEqual([400, 'IncompleteSignature']);
    expect(answer.message).not.toBe('');
  });

  test.each(['today', '2026-01-01T00:00:00Z', '20261301T000000Z', '20260101T000000'])(
    'the date "%s"',
    async (date) => {
      const raw = withHeader(signed(root, 'sts', WHO), 'x-amz-date', () => date);
      expect(refusal(await send(root, raw))).toEqual([
        400,
        'IncompleteSignature',
        "Date must be in ISO-8601 'basic format', e.g. 20150830T123600Z.",
      ]);
    },
  );

  test('two of what may stand once', async () => {
    const raw = signed(root, 'sts', WHO);
    for (const name of ['authorization', 'x-amz-date', 'host', 'content-type']) {
      const value = raw.headers.find(([one]) => one === name)?.[1] ?? '';
      // Node answers two hosts itself, before there is a request to look at.
      const answer = await send(root, added(raw, name, value)).catch(() => undefined);
      expect(answer?.status ?? 400, name).toBe(400);
      if (name !== 'host') expect(answer?.code, name).toBe('IncompleteSignature');
    }
  });

  test('in the header and in the query', async () => {
    const raw = presigned(root, 'sts', WHO, 60);
    const both = added(raw, 'authorization', 'AWS4-HMAC-SHA256 Credential=a');
    expect(refusal(await send(root, both))).toEqual([
      400,
      'IncompleteSignature',
      'Give either an Authorization header or signature parameters in the query, not both.',
    ]);
  });

  test('that leaves out the host', async () => {
    const raw = atAuthorization(signed(root, 'sts', WHO), (value) => value.replace('host;', ''));
    expect(refusal(await send(root, raw))).toEqual([
      403,
      'SignatureDoesNotMatch',
      "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ]);
  });
});

describe('parameters', () => {
  test('a required one that is missing', async () => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', {
      ClusterIdentifier: 'examplecluster',
    });
    expect(refusal(answer)).toEqual([
      400,
      'MissingParameter',
      'The request must contain the parameter DbUser.',
    ]);
    expect(refusal(await ask(root, 'iam', 'CreateUser'))).toEqual([
      400,
      'ValidationError',
      "1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null",
    ]);
  });

  test('neither a cluster nor a custom domain', async () => {
    expect(refusal(await ask(root, 'redshift', 'GetClusterCredentials', { DbUser: 'a' }))).toEqual([
      400,
      'InvalidParameterCombination',
      'Either ClusterIdentifier or CustomDomainName must be specified.',
    ]);
  });

  const DB_USERS: readonly [string, string][] = [
    ['a colon', 'IAM:admin'],
    ['a slash', 'a/b'],
    ['a digit first', '1a'],
    ['a space', 'a b'],
    ['no ASCII', 'jürgen'],
    ['65 characters', 'x'.repeat(65)],
    ['nothing', ''],
    ['the implicit group', 'Public'],
    ['a reserved word', 'SELECT'],
    ['64 bytes, which PostgreSQL would cut', 'x'.repeat(64)],
  ];
  test.each(DB_USERS)('DbUser with %s', async (_title, DbUser) => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, DbUser });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidParameterValue']);
    expect(answer.message).toMatch(/^DbUser parameter must /);
  });

  const DURATIONS: readonly [string, number][] = [
    ['899', 400],
    ['900', 200],
    ['3600', 200],
    ['3601', 400],
    ['0', 400],
    ['-900', 400],
    ['900.5', 400],
    ['9e2', 400],
    ['0x384', 400],
    ['900 ', 400],
    ['99999999999999999999', 400],
    ['NaN', 400],
  ];
  test.each(DURATIONS)('DurationSeconds=%s gives %i', async (DurationSeconds, status) => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, DurationSeconds });
    expect(answer.status).toBe(status);
    if (status !== 200) expect(answer.code).toBe('InvalidParameterValue');
  });

  test.each(['maybe', '1', 'yes', 'TRUE ', 'null'])('AutoCreate=%s', async (AutoCreate) => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, AutoCreate });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidParameterValue']);
  });

  test('51 groups', async () => {
    const groups = (count: number): Parameters =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`DbGroups.DbGroup.${n + 1}`, `g${n}`]));
    const call = (count: number) =>
      ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, ...groups(count) });
    expect((await call(50)).status).toBe(200);
    expect(refusal(await call(51))).toEqual([
      400,
      'InvalidParameterValue',
      'DbGroups must not have more than 50 groups.',
    ]);
  });

  test('a name given twice, in the body or in the query and the body', async () => {
    const twice = 'The parameter DbUser is given more than once.';
    const body = 'Action=GetClusterCredentials&Version=2012-12-01&DbUser=a&DbUser=b&ClusterIdentifier=c';
    const raw = signed(root, 'redshift', {}, { with: { body: Buffer.from(body) } });
    expect(refusal(await send(root, raw))).toEqual([400, 'InvalidQueryParameter', twice]);
    const spread = signed(
      root,
      'redshift',
      { Action: 'GetClusterCredentials', DbUser: 'a' },
      { with: { query: 'DbUser=b' } },
    );
    expect(refusal(await send(root, spread))).toEqual([400, 'InvalidQueryParameter', twice]);
  });

  test.each(['%', '%zz', '%ff', '%00', '%C0%80', '%ED%A0%80'])('the encoding "%s"', async (text) => {
    const body = Buffer.from(`Action=GetClusterCredentials&Version=2012-12-01&DbUser=a${text}`);
    const answer = await send(root, signed(root, 'redshift', {}, { with: { body } }));
    expect([answer.status, answer.code]).toEqual([400, 'MalformedQueryString']);
  });

  test('bytes that are not UTF-8', async () => {
    const body = Buffer.concat([
      Buffer.from('Action=GetUser&Version=2010-05-08&UserName='),
      Buffer.of(0xff, 0xfe),
    ]);
    const answer = await send(root, signed(root, 'iam', {}, { with: { body } }));
    expect([answer.status, answer.code]).toEqual([400, 'MalformedQueryString']);
  });

  const LISTS: readonly [string, Parameters][] = [
    ['numbered from zero', { 'DbGroups.DbGroup.0': 'a' }],
    ['not numbered', { 'DbGroups.DbGroup.x': 'a' }],
    ['with a huge number', { 'DbGroups.DbGroup.99999999': 'a' }],
    ['written in two ways', { 'DbGroups.DbGroup.1': 'a', 'DbGroups.member.2': 'b' }],
    ['with a value of its own', { DbGroups: 'a' }],
    ['nested in itself', { [`DbGroups${'.DbGroup.1'.repeat(20)}`]: 'a' }],
    ['of nothing', { 'DbGroups.DbGroup.1.Key': 'a' }],
  ];
  test.each(LISTS)('a list %s', async (_title, list) => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, ...list });
    expect([answer.status, answer.code]).toEqual([400, 'InvalidQueryParameter']);
  });

  test('a list that is empty is no list', async () => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', { ...CREDENTIALS, DbGroups: '' });
    expect(answer.texts('DbUser')).toEqual(['IAM:temp_creds_user']);
  });

  test('more of them than there may be', async () => {
    const many = Array.from({ length: 4200 }, (_, n) => `p${n}=1`).join('&');
    const body = Buffer.from(`Action=GetUser&Version=2010-05-08&${many}`);
    expect(refusal(await send(root, signed(root, 'iam', {}, { with: { body } })))).toEqual([
      400,
      'MalformedQueryString',
      'The request has more than 4096 parameters.',
    ]);
  });

  test('too long, with a character beyond the basic plane where the message is cut', async () => {
    // Half of a pair in the answer would be no XML, and half of one in the audit log no JSON.
    for (const offset of [0, 1]) {
      const UserName = `${'a'.repeat(1023 + offset)}${'😀'.repeat(20)}`;
      const answer = await ask(root, 'iam', 'GetUser', { UserName });
      expect([answer.status, answer.code]).toEqual([400, 'ValidationError']);
      expect(answer.message).toContain("at 'userName' failed to satisfy constraint");
    }
    const long = `${'a'.repeat(99)}😀`;
    const body = Buffer.from(`Action=GetUser&Version=2010-05-08&${long}=1&${long}=2`);
    const answer = await send(root, signed(root, 'iam', {}, { with: { body } }));
    expect([answer.status, answer.code]).toEqual([400, 'InvalidQueryParameter']);
  });

  test('text that looks like markup comes back as text', async () => {
    const UserName = '<b>&amp;]]>"\'';
    const answer = await ask(root, 'iam', 'GetUser', { UserName });
    expect([answer.status, answer.code]).toEqual([400, 'ValidationError']);
    expect(answer.message).toContain(UserName);
    const control = await ask(root, 'iam', 'GetUser', { UserName: 'a\u0001\u001b\ufffe\u2028b' });
    expect([control.status, control.code]).toEqual([400, 'ValidationError']);
  });

  test.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '__proto__.DbUser',
    'Tags.__proto__.Key',
  ])('the name %s means nothing', async (name) => {
    const answer = await ask(root, 'redshift', 'GetClusterCredentials', {
      ClusterIdentifier: 'examplecluster',
      [name]: 'admin',
    });
    expect([answer.status, answer.code]).toEqual([400, 'MissingParameter']);
  });
});

describe('the form of a request', () => {
  test('a body at the limit is read, one over it is not', async () => {
    const max = 512 * 1024;
    const filled = (bytes: number): Buffer =>
      Buffer.from('Action=GetCallerIdentity&Version=2011-06-15&Filler='.padEnd(bytes, 'x'));
    const call = (bytes: number) => send(root, signed(root, 'sts', {}, { with: { body: filled(bytes) } }));
    expect((await call(max)).status).toBe(200);
    const over = await call(max + 1);
    expect(refusal(over)).toEqual([413, 'RequestEntityTooLarge', 'The request is larger than 524288 bytes.']);
    expect((await call(8 * max)).status).toBe(413);
  });

  test('a body over the limit that does not tell its length', async () => {
    const raw = added(
      signed(root, 'sts', {}, { with: { body: Buffer.alloc(600_000, 'x') } }),
      'transfer-encoding',
      'chunked',
    );
    expect((await send(root, raw)).status).toBe(413);
  });

  test('headers over the limit', async () => {
    expect(
      (
        await send(root, added(signed(root, 'sts', WHO), 'x-filler', 'x'.repeat(40_000))).catch(
          () => undefined,
        )
      )?.status ?? 431,
    ).toBe(431);
  });

  test.each(['text/plain', 'application/json', 'multipart/form-data; boundary=x', 'application/xml', ''])(
    'the content type "%s"',
    async (type) => {
      const raw = withHeader(plain(root, 'sts', WHO), 'content-type', () => type);
      expect(refusal(await send(root, raw))).toEqual([
        415,
        'InvalidHttpRequest',
        'The content type of the request must be application/x-www-form-urlencoded.',
      ]);
    },
  );

  test.each([
    ['PUT', 405],
    ['DELETE', 405],
    ['PATCH', 405],
    ['OPTIONS', 405],
    ['TRACE', 405],
    ['PROPFIND', 405],
  ])('the method %s gives %i', async (method, status) => {
    const answer = await send(root, { ...plain(root, 'sts', WHO), method });
    expect([answer.status, answer.code]).toEqual([status, 'InvalidHttpRequest']);
  });

  test.each([
    '/index.html',
    '//',
    '/..',
    '/%2e%2e/etc/passwd',
    '/2014-10-31/applications',
    '/health/',
    '/latest/meta-data',
  ])('the path %s', async (path) => {
    const answer = await send(root, { ...signed(root, 'sts', WHO), path });
    expect([answer.status, answer.code]).toEqual([404, 'InvalidAction']);
  });

  test.each([
    ['application/x-amz-json-1.1', 'RedshiftServerless.CreateSnapshot'],
    ['application/x-amz-json-1.1', 'Redshift.GetClusterCredentials'],
    ['application/x-amz-json-1.0', 'DynamoDB_20120810.ListTables'],
    ['application/x-amz-json-1.1', undefined],
    ['application/x-www-form-urlencoded', 'AWSOrganizationsV20161128.ListAccounts'],
  ])('a call of a JSON protocol (%s, %s) is answered in JSON', async (type, target) => {
    const raw = withHeader(plain(root, 'sts', WHO), 'content-type', () => type);
    const answer = await send(root, target === undefined ? raw : added(raw, 'x-amz-target', target));
    expect(answer.status).toBe(400);
    expect(answer.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(answer.headers['x-amzn-errortype']).toBe('UnknownOperationException');
    expect(JSON.parse(answer.text)).toMatchObject({ __type: 'UnknownOperationException' });
  });

  test('what is not HTTP is answered with 400 and the connection ends', async () => {
    for (const bytes of [
      'hello\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ]) {
      const answer = await raw(bytes);
      expect(answer, JSON.stringify(bytes)).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).not.toMatch(/<html/i);
    }
    expect((await sendSigned(WHO)).status).toBe(200);
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const { hostname, port } = new URL(root.url);
    for (let n = 0; n < 20; n++) {
      const sent = httpRequest({ hostname, port, method: 'POST', headers: { 'content-length': '1000' } });
      sent.on('error', () => {});
      sent.write('Action=');
      await new Promise((resolve) => setTimeout(resolve, 5));
      sent.destroy();
    }
    expect((await sendSigned(WHO)).status).toBe(200);
  });
});

describe('an operation', () => {
  test.each([
    ['iam', 'CreateRoleX'],
    ['iam', 'createUser'],
    ['iam', 'constructor'],
    ['iam', '__proto__'],
    ['iam', 'GetClusterCredentials'],
    ['redshift', 'CreateUser'],
    ['redshift', 'CreateClusterUser'],
    ['redshift', 'JoinGroup'],
    ['redshift', 'ResizeCluster'],
    ['redshift', 'CreateClusterSnapshot'],
    ['sts', 'GetFederationTokenX'],
    ['keyshift', 'DropEverything'],
  ] as const)('%s %s is not there', async (service, Action) => {
    const answer = await ask(root, service, Action);
    expect([answer.status, answer.code]).toEqual([400, 'InvalidAction']);
    expect(answer.message).toMatch(
      new RegExp(`^Could not find operation ${Action} for version \\d{4}-\\d\\d-\\d\\d$`),
    );
    expect(answer.headers['content-type']).toBe('text/xml');
  });

  test('of a version that is not there', async () => {
    const body = Buffer.from('Action=GetUser&Version=1999-12-31');
    expect(refusal(await send(root, signed(root, 'iam', {}, { with: { body } })))).toEqual([
      400,
      'InvalidAction',
      'Could not find operation GetUser for version 1999-12-31',
    ]);
  });

  test("of another service's version is looked for there", async () => {
    const body = Buffer.from('Action=CreateUser&Version=2012-12-01');
    expect((await send(root, signed(root, 'iam', {}, { with: { body } }))).message).toBe(
      'Could not find operation CreateUser for version 2012-12-01',
    );
  });

  test('without a version is looked for where the signature says', async () => {
    const body = Buffer.from('Action=GetCallerIdentity');
    expect((await send(root, signed(root, 'sts', {}, { with: { body } }))).status).toBe(200);
    expect((await send(root, signed(root, 'iam', {}, { with: { body } }))).code).toBe('InvalidAction');
  });

  test.each(['', 'Version=2010-05-08', 'Action=&Version=2010-05-08', 'Action&Version=2010-05-08'])(
    'not named in "%s"',
    async (text) => {
      const answer = await send(root, signed(root, 'iam', {}, { with: { body: Buffer.from(text) } }));
      expect(refusal(answer)).toEqual([
        400,
        'MissingAction',
        'The request must contain the parameter Action.',
      ]);
    },
  );
});

test('a refusal carries the id under which it is in the audit log', async () => {
  const answer = await ask({ ...root, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, 'sts', 'GetCallerIdentity');
  const [requestId = ''] = answer.texts('RequestId');
  expect(answer.headers['x-amzn-requestid']).toBe(requestId);
  expect(answer.texts('Type')).toEqual(['Sender']);
  expect(await eventOf(requestId)).toMatchObject({
    name: 'sts:GetCallerIdentity',
    outcome: 'refused',
    code: 'InvalidClientTokenId',
    principalArn: null,
    sourceIp: '127.0.0.1',
  });
});

async function eventOf(requestId: string): Promise<object | undefined> {
  for (let after = '0'; ; ) {
    const page = await must(root, 'keyshift', 'GetAuditEvents', { AfterSequence: after, MaxItems: '500' });
    const events = page.texts('member').map((line) => JSON.parse(line) as { requestId: string });
    const found = events.find((event) => event.requestId === requestId);
    if (found !== undefined || events.length < 500) return found;
    after = page.texts('LastSequence')[0] ?? '';
  }
}

/** Sends bytes over a connection of their own, and gives what comes back until it ends. */
function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(root.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes, 'latin1'));
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
    });
    socket.setTimeout(30_000, () => socket.destroy(new Error('the connection does not end')));
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
  });
}
