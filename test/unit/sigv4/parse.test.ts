import { describe, expect, test } from 'vitest';
import { parseSignature, presignRequest, type RawRequest, signRequest } from '../../../src/sigv4/index.ts';
import { ACCESS_KEY_ID, AT, rawRequest, refusal, SIGNING, withHeader } from './requests.ts';

const signed = signRequest(rawRequest(), SIGNING);
const presigned = presignRequest(
  rawRequest({ method: 'GET', body: new Uint8Array(), headers: [['host', 'h']] }),
  {
    ...SIGNING,
    expiresSeconds: 60,
  },
);
const authorization = signed.headers.find(([name]) => name === 'authorization')?.[1] ?? '';

function refusalOf(request: RawRequest): string {
  return refusal(() => parseSignature(request));
}

function withAuthorization(value: string): RawRequest {
  return withHeader(signed, 'authorization', value);
}

/** The presigned request with one query parameter replaced, or taken away when `value` is undefined. */
function withParameter(name: string, value: string | undefined): RawRequest {
  const others = presigned.query.split('&').filter((part) => !part.startsWith(`${name}=`));
  return { ...presigned, query: [...others, ...(value === undefined ? [] : [`${name}=${value}`])].join('&') };
}

describe('a claim is read', () => {
  test('from the Authorization header', () => {
    expect(parseSignature(signed)).toMatchObject({
      accessKeyId: ACCESS_KEY_ID,
      scope: { date: '20260304', region: 'us-east-1', service: 'redshift', terminator: 'aws4_request' },
      signedHeaders: ['content-type', 'host', 'x-amz-date'],
      date: AT,
      amzDate: '20260304T050607Z',
      presigned: false,
      expiresSeconds: undefined,
      sessionToken: undefined,
    });
  });

  test('from the query', () => {
    expect(parseSignature(presigned)).toMatchObject({
      accessKeyId: ACCESS_KEY_ID,
      signedHeaders: ['host'],
      date: AT,
      presigned: true,
      expiresSeconds: 60,
    });
  });

  test('without spaces after the commas of the header', () => {
    expect(parseSignature(withAuthorization(authorization.replaceAll(', ', ','))).accessKeyId).toBe(
      ACCESS_KEY_ID,
    );
  });

  test('with the date in a Date header', () => {
    const claim = parseSignature(
      withHeader(withHeader(signed, 'x-amz-date', undefined), 'date', 'Wed, 04 Mar 2026 05:06:07 GMT'),
    );
    expect(claim).toMatchObject({ date: AT, amzDate: '20260304T050607Z' });
  });

  test.each([
    ['20240229T235959Z', '2024-02-29T23:59:59Z'],
    ['20000229T000000Z', '2000-02-29T00:00:00Z'],
    ['20261231T000000Z', '2026-12-31T00:00:00Z'],
    ['01000101T000000Z', '0100-01-01T00:00:00Z'],
  ])('with the date %s', (amzDate, instant) => {
    const claim = parseSignature(withHeader(signed, 'x-amz-date', amzDate));
    expect(claim).toMatchObject({ date: new Date(instant), amzDate });
  });

  test('with 900 seconds when a presigned request gives no life', () => {
    expect(parseSignature(withParameter('X-Amz-Expires', undefined)).expiresSeconds).toBe(900);
  });

  test.each([1, 604_800])('with a life of %i seconds', (seconds) => {
    expect(parseSignature(withParameter('X-Amz-Expires', String(seconds))).expiresSeconds).toBe(seconds);
  });

  test('and its session token does not print', () => {
    const claim = parseSignature(withHeader(signed, 'x-amz-security-token', 'top-token'));
    expect(claim.sessionToken?.reveal()).toBe('top-token');
    expect(JSON.stringify(claim)).not.toContain('top-token');
  });
});

describe('a request without a usable signature is refused', () => {
  test('when there is none', () => {
    expect(refusalOf(rawRequest())).toBe(
      'MissingAuthenticationToken 403 Request is missing Authentication Token',
    );
  });

  test.each([
    ['Credential', 'Credential=a/b/c/d/e, '],
    ['SignedHeaders', 'SignedHeaders=host, '],
    ['Signature', `Signature=${'0'.repeat(64)}, `],
  ])('naming %s when only that is missing from the header', (name, part) => {
    const all = `Credential=a/b/c/d/e, SignedHeaders=host, Signature=${'0'.repeat(64)}, `;
    const value = `AWS4-HMAC-SHA256 ${all.replace(part, '').replace(/, $/, '')}`;
    expect(refusalOf(withAuthorization(value))).toBe(
      `IncompleteSignature 400 Authorization header requires '${name}' parameter.`,
    );
  });

  test('naming the date when there is none', () => {
    expect(refusalOf(withHeader(signed, 'x-amz-date', undefined))).toBe(
      "IncompleteSignature 400 Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  });

  test.each(['X-Amz-Algorithm', 'X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-SignedHeaders', 'X-Amz-Date'])(
    'naming %s when only that is missing from the query',
    (name) => {
      expect(refusalOf(withParameter(name, undefined))).toBe(
        `IncompleteSignature 400 AWS query-string parameters must include '${name}'.`,
      );
    },
  );

  test.each(['Basic YTpi', 'Bearer abc', 'AWS4-HMAC-SHA512 Credential=a', 'AWS4-HMAC-SHA256', ''])(
    'with another algorithm: %j',
    (value) => {
      expect(refusalOf(withAuthorization(value))).toMatch(
        /^IncompleteSignature 400 Unsupported AWS 'algorithm'/,
      );
    },
  );

  test.each(['a/b/c/d', 'a/b/c/d/e/f', '/b/c/d/e', 'a//c/d/e', `${'a'.repeat(505)}/b/c/d/e`])(
    'with a credential of the wrong form: %s',
    (credential) => {
      const value = authorization.replace(/Credential=[^,]*/, `Credential=${credential}`);
      expect(refusalOf(withAuthorization(value))).toMatch(
        /^IncompleteSignature 400 Credential must have exactly 5/,
      );
    },
  );

  test.each([
    'host;content-type;x-amz-date',
    'content-type;host;host;x-amz-date',
    'Host;x-amz-date',
    'host;',
    'a b',
  ])('with a signed header list that is not sorted, unique and in lower case: %s', (list) => {
    const value = authorization.replace(/SignedHeaders=[^,]*/, `SignedHeaders=${list}`);
    expect(refusalOf(withAuthorization(value))).toMatch(/^IncompleteSignature 400 'SignedHeaders'/);
  });

  test.each([
    '20260304T050607',
    '2026-03-04T05:06:07Z',
    '20260231T050607Z',
    '20260229T050607Z',
    '20260300T050607Z',
    '20260004T050607Z',
    '20261304T050607Z',
    '00260304T050607Z',
    '20260304T240000Z',
    '20260304T250607Z',
    '20260304T056007Z',
    '20260304T050660Z',
    '20260304t050607Z',
    '20260304T050607z',
    '2026030aT050607Z',
    '+2026034T050607Z',
    '20260304T0506 7Z',
    '20260304T050607Z0',
    'x',
  ])('with a date that is not one: %s', (date) => {
    expect(refusalOf(withHeader(signed, 'x-amz-date', date))).toMatch(
      /^IncompleteSignature 400 Date must be/,
    );
  });

  test.each(['0', '604801', '-1', '1.5', '', 'x', '9'.repeat(400)])('with a life of %j', (seconds) => {
    expect(refusalOf(withParameter('X-Amz-Expires', seconds))).toMatch(
      /^IncompleteSignature 400 'X-Amz-Expires'/,
    );
  });
});

describe('an ambiguous request is refused (CVE-2020-16250)', () => {
  test('with a signature in the header and another in the query', () => {
    expect(refusalOf({ ...signed, query: presigned.query })).toMatch(
      /^IncompleteSignature 400 .* not both\.$/,
    );
  });

  test.each(['Authorization', 'X-Amz-Date', 'HOST', 'Content-Type', 'x-amz-target', 'X-Amz-Content-Sha256'])(
    'with two %s headers',
    (name) => {
      const request = { ...signed, headers: [...signed.headers, [name, 'a'] as const, [name, 'a'] as const] };
      expect(refusalOf(request)).toBe(
        `IncompleteSignature 400 The header '${name.toLowerCase()}' may be given only once.`,
      );
    },
  );

  test.each(['X-Amz-Credential', 'X-Amz-Signature', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-Security-Token'])(
    'with %s twice in the query',
    (name) => {
      expect(refusalOf({ ...presigned, query: `${presigned.query}&${name}=1&${name}=1` })).toBe(
        `IncompleteSignature 400 '${name}' may be given only once in the query.`,
      );
    },
  );

  test('with a session token both in a header and in the query', () => {
    const request = withHeader(withParameter('X-Amz-Security-Token', 'a'), 'x-amz-security-token', 'b');
    expect(refusalOf(request)).toBe("IncompleteSignature 400 'X-Amz-Security-Token' may be given only once.");
  });

  test('when the host is not signed', () => {
    const value = authorization.replace('content-type;host;', 'content-type;');
    expect(refusalOf(withAuthorization(value))).toBe(
      "SignatureDoesNotMatch 403 'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    );
  });

  test('when an x-amz- header is not signed, the session token excepted', () => {
    expect(refusalOf(withHeader(signed, 'x-amz-target', 'a'))).toBe(
      "SignatureDoesNotMatch 403 'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    );
    expect(() => parseSignature(withHeader(signed, 'x-amz-security-token', 'a'))).not.toThrow();
    expect(() => parseSignature(withHeader(signed, 'x-amzn-trace-id', 'a'))).not.toThrow();
  });
});

describe('a hostile query', () => {
  test.each(['a=%', 'a=%0', 'a=%zz', 'a=\u00e9', 'a=b c', '%=1'])(
    'is refused when malformed: %s',
    (query) => {
      expect(refusalOf({ ...signed, query })).toMatch(/^MalformedQueryString 400 /);
    },
  );

  test('may have 4096 parameters and no more', () => {
    const query = Array.from({ length: 4096 }, (_, n) => `p${n}=%41`).join('&');
    expect(() => parseSignature({ ...signed, query })).not.toThrow();
    expect(refusalOf({ ...signed, query: `${query}&a=b` })).toMatch(/^MalformedQueryString 400 .*4096/);
  });
});
