import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { fixedClock } from '../../../src/core/clock.ts';
import { Secret } from '../../../src/core/secret.ts';
import { parseSignature, type RawRequest, signRequest, verifySignature } from '../../../src/sigv4/index.ts';
import { options, refusal } from './requests.ts';

interface Vector {
  readonly title: string;
  readonly service: string;
  readonly region: string;
  readonly at: string;
  readonly sessionToken: string | null;
  readonly request: Omit<RawRequest, 'body'> & { readonly body: string };
}

interface Document {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly vectors: readonly Vector[];
}

function read(name: string): Document {
  const file = new URL(`../../vectors/sigv4/${name}`, import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function verify(document: Document, vector: Vector, change: Partial<RawRequest> = {}): void {
  const request = { ...vector.request, body: Buffer.from(vector.request.body), ...change };
  const claim = parseSignature(request);
  expect(claim.accessKeyId).toBe(document.accessKeyId);
  expect(claim.sessionToken?.reveal() ?? null).toBe(vector.sessionToken);
  verifySignature(
    claim,
    request,
    options({
      secret: new Secret(document.secretAccessKey),
      expected: { services: new Set([vector.service]), region: vector.region },
      clock: fixedClock(new Date(vector.at)),
    }),
  );
}

for (const name of ['header.json', 'presigned.json']) {
  const document = read(name);
  describe(`requests signed by botocore, ${name}`, () => {
    test.each(document.vectors)('$title is accepted', (vector) => {
      verify(document, vector);
    });

    test.each(document.vectors)('$title is refused when any part of it is changed', (vector) => {
      const { request } = vector;
      const changes: Partial<RawRequest>[] = [
        { method: request.method === 'GET' ? 'POST' : 'GET' },
        { path: `${request.path}x` },
        { query: request.query === '' ? 'a=b' : `${request.query}&a=b` },
        { body: Buffer.from(`${request.body}&Action=DeleteUser`) },
        { headers: request.headers.map(([n, v]) => [n, n === 'Host' ? 'evil.example' : v]) },
      ];
      for (const change of changes) {
        expect(refusal(() => verify(document, vector, change))).toMatch(/^SignatureDoesNotMatch 403 /);
      }
    });
  });
}

describe('our own signer', () => {
  const document = read('header.json');
  const added = new Set(['authorization', 'x-amz-date', 'x-amz-security-token']);

  test.each(document.vectors)('gives the same Authorization header as botocore: $title', (vector) => {
    const request = { ...vector.request, body: Buffer.from(vector.request.body) };
    const bare = request.headers.filter(([name]) => !added.has(name.toLowerCase()));
    const signed = signRequest(
      { ...request, headers: bare },
      {
        accessKeyId: document.accessKeyId,
        secret: new Secret(document.secretAccessKey),
        sessionToken: vector.sessionToken === null ? undefined : new Secret(vector.sessionToken),
        region: vector.region,
        service: vector.service,
        at: new Date(vector.at),
      },
    );
    const authorization = (headers: RawRequest['headers']): string | undefined =>
      headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
    expect(authorization(signed.headers)).toBe(authorization(request.headers));
  });
});
