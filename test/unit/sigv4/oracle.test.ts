import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { Secret } from '../../../src/core/secret.ts';
import { parseSignature, type RawRequest, signRequest, verifySignature } from '../../../src/sigv4/index.ts';
import { options } from './requests.ts';

/** What the AWS SDK's own signer signs, we accept; what we sign, it signs alike. */

class NodeSha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

  constructor(key?: string | ArrayBuffer | ArrayBufferView) {
    if (key === undefined) this.#hash = createHash('sha256');
    else if (typeof key === 'string') this.#hash = createHmac('sha256', key);
    else if (ArrayBuffer.isView(key))
      this.#hash = createHmac('sha256', Buffer.from(key.buffer, key.byteOffset, key.byteLength));
    else this.#hash = createHmac('sha256', Buffer.from(key));
  }
  update(data: Uint8Array | string): void {
    this.#hash.update(data);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {}
}

const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9.-]{0,12}$/);
const anyText = fc.string({ unit: 'grapheme', maxLength: 20 });
const headerValue = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
const PLAIN_HEADERS = [
  'content-type',
  'accept',
  'amz-sdk-request',
  'x-amz-user-agent',
  'x-amz-target',
  'zebra',
];

const scenario = fc.record({
  secret: fc.string({ minLength: 1, maxLength: 40 }),
  region: fc.constantFrom('us-east-1', 'eu-central-1'),
  service: fc.constantFrom('iam', 'sts', 'redshift'),
  seconds: fc.integer({ min: 0, max: 2_000_000_000 }),
  query: fc.dictionary(word, fc.oneof(anyText, fc.array(anyText, { minLength: 1, maxLength: 3 })), {
    maxKeys: 6,
  }),
  headers: fc.dictionary(fc.constantFrom(...PLAIN_HEADERS), headerValue, { maxKeys: 4 }),
  body: anyText,
  token: fc.option(word, { nil: undefined }),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

function signer(s: Scenario): SignatureV4 {
  return new SignatureV4({
    credentials: {
      accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
      secretAccessKey: s.secret,
      ...(s.token === undefined ? {} : { sessionToken: s.token }),
    },
    region: s.region,
    service: s.service,
    sha256: NodeSha256,
  });
}

function smithyRequest(s: Scenario, method: string) {
  return {
    method,
    protocol: 'http:',
    hostname: 'localhost',
    path: '/',
    query: s.query,
    headers: { ...s.headers, host: 'localhost:8080' },
    body: method === 'POST' ? s.body : undefined,
  };
}

function queryText(query: Record<string, string | string[] | null> | undefined): string {
  return Object.entries(query ?? {})
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value ?? '']).map((one) => [name, one] as const),
    )
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');
}

function received(request: Awaited<ReturnType<SignatureV4['presign']>>, body: string): RawRequest {
  return {
    method: request.method,
    path: request.path,
    query: queryText(request.query as Record<string, string | string[] | null>),
    headers: Object.entries(request.headers),
    body: Buffer.from(body),
  };
}

function verify(request: RawRequest, s: Scenario): void {
  verifySignature(
    parseSignature(request),
    request,
    options({
      secret: new Secret(s.secret),
      expected: { services: new Set([s.service]), region: s.region },
      clock: fixedClock(new Date(s.seconds * 1000)),
    }),
  );
}

describe('requests signed by the AWS SDK', () => {
  test('verify when signed in the header, and not with another body', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (s) => {
        const signed = await signer(s).sign(smithyRequest(s, 'POST'), {
          signingDate: new Date(s.seconds * 1000),
        });
        const request = received(signed as Awaited<ReturnType<SignatureV4['presign']>>, s.body);
        verify(request, s);
        expect(() => verify({ ...request, body: Buffer.from(`${s.body}x`) }, s)).toThrow();
      }),
      { numRuns: 150 },
    );
  });

  test('verify when presigned, and not with another query', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (s) => {
        const signed = await signer(s).presign(smithyRequest(s, 'GET'), {
          signingDate: new Date(s.seconds * 1000),
          expiresIn: 60,
        });
        const request = received(signed, '');
        verify(request, s);
        expect(() => verify({ ...request, query: `${request.query}&Action=Other` }, s)).toThrow(/signature/);
      }),
      { numRuns: 150 },
    );
  });

  test('carry the same signature that we make', async () => {
    await fc.assert(
      fc.asyncProperty(scenario, async (s) => {
        const at = new Date(s.seconds * 1000);
        const theirs = await signer(s).sign(smithyRequest(s, 'POST'), { signingDate: at });
        const headers = Object.entries((theirs as { headers: Record<string, string> }).headers);
        const added = ['authorization', 'x-amz-date', 'x-amz-security-token'];
        const ours = signRequest(
          {
            method: 'POST',
            path: '/',
            query: queryText(s.query),
            headers: headers.filter(([name]) => !added.includes(name)),
            body: Buffer.from(s.body),
          },
          {
            accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
            secret: new Secret(s.secret),
            sessionToken: s.token === undefined ? undefined : new Secret(s.token),
            region: s.region,
            service: s.service,
            at,
          },
        );
        const find = (all: readonly (readonly [string, string])[]) =>
          all.find(([name]) => name === 'authorization')?.[1];
        expect(find(ours.headers)).toBe(find(headers));
      }),
      { numRuns: 150 },
    );
  });
});

describe('hostile requests', () => {
  test('never throw anything but an error of the contract', () => {
    const part = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        'AWS4-HMAC-SHA256 Credential=a/b/c/d/e, SignedHeaders=host, Signature=0',
        'X-Amz-Signature=1',
      ),
      fc.constantFrom('X-Amz-Credential=%', 'a=%ff%fe', '&&==&%2526=%'),
    );
    const name = fc.oneof(
      part,
      fc.constantFrom('authorization', 'host', 'x-amz-date', 'x-amz-security-token'),
    );
    fc.assert(
      fc.property(part, part, fc.array(fc.tuple(name, part), { maxLength: 6 }), (path, query, headers) => {
        const request: RawRequest = { method: 'GET', path, query, headers, body: new Uint8Array() };
        expect(() => verifySignature(parseSignature(request), request, options())).toThrow(
          expect.objectContaining({ code: expect.any(String), status: expect.any(Number) }),
        );
      }),
      { numRuns: 500 },
    );
  });

  test('of half a megabyte take no quadratic time', () => {
    const long = 'a'.repeat(512 * 1024);
    const request: RawRequest = {
      method: 'GET',
      path: `/${'../'.repeat(100_000)}`,
      query: `X-Amz-Signature=1&${'%41'.repeat(100_000)}=${long}`,
      headers: [
        ['authorization', `AWS4-HMAC-SHA256 ${'Credential=,'.repeat(40_000)}`],
        ['host', `${' '.repeat(100_000)}x`],
        ['cookie', `${'\t '.repeat(100_000)}x`],
      ],
      body: Buffer.from(long),
    };
    const before = performance.now();
    expect(() => parseSignature(request)).toThrow();
    expect(() => parseSignature({ ...request, query: long })).toThrow();
    expect(() => parseSignature({ ...request, headers: request.headers.slice(1) })).toThrow();
    expect(performance.now() - before).toBeLessThan(2000);
  });
});
