import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Clock, fixedClock, MovableClock } from '../../../src/core/clock.ts';
import { HmacKey } from '../../../src/core/hmac-key.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  checkScope,
  parseSignature,
  presignRequest,
  type RawRequest,
  SigningKeyCache,
  signRequest,
  type VerifyOptions,
  verifySignature,
} from '../../../src/sigv4/index.ts';
import { AT, options, rawRequest, refusal, SECRET, SIGNING, withHeader } from './requests.ts';

const signed = signRequest(rawRequest(), SIGNING);
const presigned = presignRequest(rawRequest({ method: 'GET', query: 'Action=A', body: new Uint8Array() }), {
  ...SIGNING,
  expiresSeconds: 60,
});

function verify(request: RawRequest, changes: Partial<VerifyOptions> = {}): void {
  verifySignature(parseSignature(request), request, options(changes));
}

function refusalOf(request: RawRequest, changes: Partial<VerifyOptions> = {}): string {
  return refusal(() => verify(request, changes));
}

const clockAt = (offsetMs: number): Clock => fixedClock(new Date(AT.getTime() + offsetMs));
const MINUTE = 60_000;
const MISMATCH =
  'SignatureDoesNotMatch 403 The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

describe('the signature', () => {
  test('is accepted when it is right', () => {
    expect(() => verify(signed)).not.toThrow();
    expect(() => verify(presigned)).not.toThrow();
  });

  test('is refused with another secret, with the text of AWS', () => {
    expect(refusalOf(signed, { secret: new Secret('other') })).toBe(MISMATCH);
    expect(refusalOf(presigned, { secret: new Secret('other') })).toBe(MISMATCH);
  });

  test.each(['', '0', 'g'.repeat(64), 'A'.repeat(64), '0'.repeat(64), '0'.repeat(66)])(
    'is refused when it reads %j',
    (signature) => {
      const [, value = ''] = signed.headers.find(([name]) => name === 'authorization') ?? [];
      const text = value.replace(/Signature=.*/, `Signature=${signature}`);
      const expected = signature === '' ? /^IncompleteSignature 400 / : /^SignatureDoesNotMatch 403 /;
      expect(refusalOf(withHeader(signed, 'authorization', text))).toMatch(expected);
    },
  );

  test('is refused when a signed header was dropped on the way', () => {
    expect(refusalOf(withHeader(signed, 'content-type', undefined))).toBe(
      "SignatureDoesNotMatch 403 The signed header 'content-type' is missing from the request.",
    );
  });

  test('is accepted when HTTP/2 sends the host as :authority', () => {
    expect(() =>
      verify(withHeader(withHeader(signed, 'host', undefined), ':authority', 'localhost:8080')),
    ).not.toThrow();
  });

  test('covers header bytes above ASCII as they were sent', () => {
    const request = signRequest(
      rawRequest({
        headers: [
          ['host', 'h'],
          ['x-name', 'caf\u00e9'],
        ],
      }),
      SIGNING,
    );
    expect(() => verify(request)).not.toThrow();
    expect(refusalOf(withHeader(request, 'x-name', 'caf\u00e8'))).toBe(MISMATCH);
  });
});

describe('a session token', () => {
  const sessionToken = new Secret('token/with+characters=');

  test('may be signed in the header', () => {
    expect(() => verify(signRequest(rawRequest(), { ...SIGNING, sessionToken }))).not.toThrow();
  });

  test('may be added to the header after signing', () => {
    expect(() => verify(withHeader(signed, 'x-amz-security-token', 'token'))).not.toThrow();
  });

  test('may be signed in the query', () => {
    const request = presignRequest(rawRequest({ method: 'GET', body: new Uint8Array() }), {
      ...SIGNING,
      sessionToken,
      expiresSeconds: 60,
    });
    expect(parseSignature(request).sessionToken?.reveal()).toBe(sessionToken.reveal());
    expect(() => verify(request)).not.toThrow();
  });

  test('may be added to the query after signing', () => {
    expect(() =>
      verify({ ...presigned, query: `${presigned.query}&X-Amz-Security-Token=token` }),
    ).not.toThrow();
  });
});

describe('the scope', () => {
  const scoped = (changes: Partial<typeof SIGNING>): RawRequest =>
    signRequest(rawRequest(), { ...SIGNING, ...changes });

  test('of another service is refused', () => {
    expect(refusalOf(scoped({ service: 's3' }))).toBe(
      "SignatureDoesNotMatch 403 Credential should be scoped to correct service: 'redshift'.",
    );
  });

  test('of another region is refused, unless any region will do', () => {
    const request = scoped({ region: 'eu-west-1' });
    expect(refusalOf(request)).toBe(
      "SignatureDoesNotMatch 403 Credential should be scoped to a valid region, not 'eu-west-1'.",
    );
    const services = new Set(['redshift']);
    expect(() => verify(request, { expected: { services, region: undefined } })).not.toThrow();
  });

  test('with another terminator is refused', () => {
    const [, value = ''] = signed.headers.find(([name]) => name === 'authorization') ?? [];
    const request = withHeader(signed, 'authorization', value.replace('aws4_request', 'aws5_request'));
    expect(refusalOf(request)).toBe(
      "SignatureDoesNotMatch 403 Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'.",
    );
  });

  test('of another day than the date is refused', () => {
    const [, value = ''] = signed.headers.find(([name]) => name === 'authorization') ?? [];
    const request = withHeader(signed, 'authorization', value.replace('/20260304/', '/20260303/'));
    expect(refusalOf(request)).toBe(
      'SignatureDoesNotMatch 403 Date in Credential scope does not match YYYYMMDD from ISO-8601 version of ' +
        "date from HTTP: '20260303' != '20260304', from '20260304T050607Z'.",
    );
  });

  test('can be checked before the secret is known', () => {
    const claim = parseSignature(scoped({ secret: new Secret('unknown') }));
    expect(() => checkScope(claim, options())).not.toThrow();
    expect(refusal(() => checkScope(claim, options({ clock: clockAt(16 * MINUTE) })))).toMatch(
      /^SignatureDoesNotMatch/,
    );
  });
});

describe('the time of a request', () => {
  test('is fine up to 15 minutes to each side', () => {
    expect(() => verify(signed, { clock: clockAt(15 * MINUTE) })).not.toThrow();
    expect(() => verify(signed, { clock: clockAt(-15 * MINUTE) })).not.toThrow();
  });

  test('is too early one millisecond beyond', () => {
    expect(refusalOf(signed, { clock: clockAt(15 * MINUTE + 1) })).toBe(
      'SignatureDoesNotMatch 403 Signature expired: 20260304T050607Z is now earlier than 20260304T050607Z ' +
        '(20260304T052107Z - 15 min.)',
    );
  });

  test('is too late one millisecond beyond', () => {
    expect(refusalOf(signed, { clock: clockAt(-15 * MINUTE - 1) })).toBe(
      'SignatureDoesNotMatch 403 Signature not yet current: 20260304T050607Z is still later than ' +
        '20260304T050606Z (20260304T045106Z + 15 min.)',
    );
  });

  test('follows the configured window', () => {
    expect(() => verify(signed, { clock: clockAt(5 * MINUTE), windowMinutes: 5 })).not.toThrow();
    expect(refusalOf(signed, { clock: clockAt(5 * MINUTE + 1), windowMinutes: 5 })).toContain('- 5 min.');
  });

  test('is fine for an unmoved client when the clock was moved for a test', () => {
    const clock = new MovableClock(3600_000);
    const unmoved = new Date(clock.now().getTime() - 3600_000);
    expect(() => verify(signRequest(rawRequest(), { ...SIGNING, at: unmoved }), { clock })).not.toThrow();
    expect(() => verify(signRequest(rawRequest(), { ...SIGNING, at: clock.now() }), { clock })).not.toThrow();
    const between = new Date(unmoved.getTime() + 1800_000);
    expect(refusalOf(signRequest(rawRequest(), { ...SIGNING, at: between }), { clock })).toContain('expired');
  });
});

describe('a presigned request', () => {
  test('lives until its last second and not at its end', () => {
    expect(() => verify(presigned, { clock: clockAt(59_999) })).not.toThrow();
    expect(refusalOf(presigned, { clock: clockAt(60_000) })).toBe('RequestExpired 400 Request has expired.');
  });

  test('may outlive the window', () => {
    const request = presignRequest(rawRequest({ method: 'GET', body: new Uint8Array() }), {
      ...SIGNING,
      expiresSeconds: 7200,
    });
    expect(() => verify(request, { clock: clockAt(7199_000) })).not.toThrow();
  });

  test('from the future is refused', () => {
    expect(refusalOf(presigned, { clock: clockAt(-15 * MINUTE - 1) })).toContain('Signature not yet current');
  });

  test('expires by the moved clock, although the client has the unmoved one', () => {
    const clock = new MovableClock(0);
    const request = presignRequest(rawRequest({ method: 'GET', body: new Uint8Array() }), {
      ...SIGNING,
      at: clock.now(),
      expiresSeconds: 60,
    });
    expect(() => verify(request, { clock })).not.toThrow();
    clock.moveTo(61_000);
    expect(refusalOf(request, { clock })).toContain('RequestExpired');
  });
});

describe('the body', () => {
  const hash = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
  const declaring = (claimed: string): RawRequest =>
    signRequest(withHeader(rawRequest(), 'x-amz-content-sha256', claimed), SIGNING);

  test('may be declared by its hash', () => {
    expect(() => verify(declaring(hash(rawRequest().body)))).not.toThrow();
  });

  test.each(['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', hash(new Uint8Array()), ''])(
    'is refused when declared as %j',
    (claimed) => {
      expect(refusalOf(declaring(claimed))).toBe(
        "SignatureDoesNotMatch 403 The value of 'x-amz-content-sha256' is not the SHA-256 of the request's body.",
      );
    },
  );

  test('of a presigned request may be declared unsigned only if there is none', async () => {
    const { createHmac } = await import('node:crypto');
    const chain = (data: string, key: string | Buffer): Buffer =>
      createHmac('sha256', key).update(data).digest();
    const query =
      'Action=A&X-Amz-Algorithm=AWS4-HMAC-SHA256' +
      '&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD' +
      '&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260304%2Fus-east-1%2Fredshift%2Faws4_request' +
      '&X-Amz-Date=20260304T050607Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host';
    const canonical = `GET\n/\n${query}\nhost:h\n\nhost\nUNSIGNED-PAYLOAD`;
    const toSign = `AWS4-HMAC-SHA256\n20260304T050607Z\n20260304/us-east-1/redshift/aws4_request\n${hash(Buffer.from(canonical))}`;
    const key = ['20260304', 'us-east-1', 'redshift', 'aws4_request'].reduce<string | Buffer>(
      (parent, data) => chain(data, parent),
      `AWS4${SECRET.reveal()}`,
    );
    const request: RawRequest = {
      method: 'GET',
      path: '/',
      query: `${query}&X-Amz-Signature=${chain(toSign, key).toString('hex')}`,
      headers: [['Host', 'h']],
      body: new Uint8Array(),
    };
    expect(() => verify(request)).not.toThrow();
    expect(refusalOf({ ...request, body: Buffer.from('Action=DeleteCluster') })).toMatch(
      /^SignatureDoesNotMatch/,
    );
  });
});

describe('the cache of signing keys', () => {
  test('keeps keys only of signatures that were right', () => {
    const keys = new SigningKeyCache();
    expect(refusalOf(signed, { keys, secret: new Secret('other') })).toBe(MISMATCH);
    expect(keys.size).toBe(0);
    verify(signed, { keys });
    verify(signed, { keys });
    expect(keys.size).toBe(1);
  });

  test('does not answer for a changed secret', () => {
    const keys = new SigningKeyCache();
    verify(signed, { keys });
    expect(refusalOf(signed, { keys, secret: new Secret('rotated') })).toBe(MISMATCH);
    const secret = new Secret('rotated');
    verify(signRequest(rawRequest(), { ...SIGNING, secret }), { keys, secret });
    expect(refusalOf(signed, { keys, secret })).toBe(MISMATCH);
    expect(() => verify(signed, { keys, secret: new Secret(SECRET.reveal()) })).not.toThrow();
  });

  test('forgets the oldest key when full', () => {
    const keys = new SigningKeyCache(2);
    const scope = (region: string) => ({
      date: '20260304',
      region,
      service: 'iam',
      terminator: 'aws4_request',
      text: `20260304/${region}/iam/aws4_request`,
    });
    for (const region of ['a', 'b', 'c'])
      keys.set('id', scope(region), SECRET, new HmacKey(Buffer.alloc(32)));
    expect(keys.size).toBe(2);
    expect(keys.get('id', scope('a'), SECRET)).toBeUndefined();
    expect(keys.get('id', scope('c'), SECRET)).toBeDefined();
  });
});
