import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { call, type Endpoint } from '../../../src/client/call.ts';
import { getClusterCredentials } from '../../../src/client/get-cluster-credentials.ts';
import { fixedClock } from '../../../src/core/clock.ts';
import { AwsError } from '../../../src/core/errors.ts';
import { Secret } from '../../../src/core/secret.ts';
import { parseSignature, SigningKeyCache, verifySignature } from '../../../src/sigv4/index.ts';

const AT = new Date('2026-03-01T12:00:00Z');
const SECRET = new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
const REDSHIFT = { name: 'redshift', version: '2012-12-01' } as const;

interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

let server: Server;
let endpoint: Endpoint;
/** What the server was sent, and what it answers. */
let requests: Received[];
let answer: { status: number; body: string; headers?: Record<string, string> };

beforeAll(async () => {
  server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on('data', (chunk: Buffer) => chunks.push(chunk));
    message.on('end', () => {
      const names = message.rawHeaders;
      requests.push({
        method: message.method ?? '',
        url: message.url ?? '',
        headers: message.headers,
        rawHeaders: names.flatMap((name, at) => (at % 2 === 0 ? [[name, names[at + 1] ?? ''] as const] : [])),
        body: Buffer.concat(chunks),
      });
      response.writeHead(answer.status, { Connection: 'close', ...answer.headers });
      response.end(answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    region: 'us-west-2',
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: SECRET,
  };
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  requests = [];
  answer = { status: 200, body: '<R/>' };
});

function sent(): Received {
  const [request, ...more] = requests;
  expect(more).toEqual([]);
  if (request === undefined) throw new Error('nothing was sent');
  return request;
}

async function refusal(): Promise<AwsError> {
  const error: unknown = await call(endpoint, REDSHIFT, 'A', {}, AT).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}

describe('a call', () => {
  test('is a form of the query protocol, sent by POST to /', async () => {
    await call(endpoint, REDSHIFT, 'DescribeClusters', { 'A.1': 'a b+c&d=é\n', Empty: '' }, AT);
    const { method, url, headers, body } = sent();
    expect([method, url]).toEqual(['POST', '/']);
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded; charset=utf-8');
    expect([...new URLSearchParams(body.toString())]).toEqual([
      ['Action', 'DescribeClusters'],
      ['Version', '2012-12-01'],
      ['A.1', 'a b+c&d=é\n'],
      ['Empty', ''],
    ]);
  });

  test('is signed as what arrives, for the service and region, at the time given', async () => {
    await call(endpoint, REDSHIFT, 'DescribeClusters', { A: 'ü +%' }, AT);
    const { method, rawHeaders, body, headers } = sent();
    expect(headers['x-amz-date']).toBe('20260301T120000Z');
    const request = { method, path: '/', query: '', headers: rawHeaders, body };
    const options = {
      secret: SECRET,
      keys: new SigningKeyCache(),
      expected: { services: new Set(['redshift']), region: 'us-west-2' },
      clock: fixedClock(AT),
      windowMinutes: 15,
    };
    const claim = parseSignature(request);
    expect(claim.accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE');
    expect(() => verifySignature(claim, request, options)).not.toThrow();
    const changed = { ...request, body: Buffer.concat([body, Buffer.from('&B=1')]) };
    expect(() => verifySignature(parseSignature(changed), changed, options)).toThrow(AwsError);
  });

  test('does not send the secret', async () => {
    await call(endpoint, REDSHIFT, 'DescribeClusters', {}, AT);
    expect(JSON.stringify(sent().rawHeaders) + sent().body.toString()).not.toContain(SECRET.reveal());
  });

  test('gives the texts of elements in order, unescaped', async () => {
    answer.body =
      '<R><A>1</A><B><A>a &lt;&gt;&amp;&quot;&apos; &#65;&#x1F600;</A></B><A></A><AB>no</AB><A/><a>no</a></R>';
    const { texts } = await call(endpoint, REDSHIFT, 'A', {}, AT);
    expect(texts('A')).toEqual(['1', `a <>&"' A\u{1f600}`, '']);
    expect(texts('None')).toEqual([]);
  });

  test.each([
    ['&amp;lt;', '&lt;'],
    ['&amp;amp;#65;', '&amp;#65;'],
    ['&unknown; & &; &#; &#x;', '&unknown; & &; &#; &#x;'],
    ['&#x10FFFF;', '\u{10ffff}'],
    ['&#x110000;&#1114112;&#9999999;', '&#x110000;&#1114112;&#9999999;'],
  ])('unescapes %s once, and leaves what is no character', async (text, expected) => {
    answer.body = `<R><A>${text}</A></R>`;
    expect((await call(endpoint, REDSHIFT, 'A', {}, AT)).texts('A')).toEqual([expected]);
  });

  test.each(['<R><A>cut', '<A>', '', 'not XML', '<A></B>'])('finds nothing in %j', async (body) => {
    answer.body = body;
    expect((await call(endpoint, REDSHIFT, 'A', {}, AT)).texts('A')).toEqual([]);
  });
});

describe('a call that is refused', () => {
  test('throws the code, status and message of the service', async () => {
    answer = {
      status: 404,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>ClusterNotFound</Code><Message>Cluster &lt;c&gt; not found.</Message></Error></ErrorResponse>',
    };
    expect(await refusal()).toMatchObject({
      code: 'ClusterNotFound',
      status: 404,
      message: 'Cluster <c> not found.',
    });
  });

  test.each([
    [502, '<html>Bad gateway</html>'],
    [500, ''],
    [431, 'x'],
  ])('without a word of the service tells the status %d', async (status, body) => {
    answer = { status, body };
    expect(await refusal()).toMatchObject({ code: 'UnknownError', status, message: `HTTP status ${status}` });
  });

  test('because nobody answers fails, and tells no secret', async () => {
    const nobody = { ...endpoint, url: 'http://127.0.0.1:1' };
    const error: unknown = await call(nobody, REDSHIFT, 'A', {}, AT).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(AwsError);
    expect(String(error)).not.toContain(SECRET.reveal());
  });
});

describe('getting credentials', () => {
  const ANSWER =
    '<GetClusterCredentialsResponse><GetClusterCredentialsResult><DbUser>IAMA:u:g</DbUser>' +
    '<DbPassword>pass&amp;word</DbPassword><Expiration>2026-03-01T12:15:00Z</Expiration>' +
    '</GetClusterCredentialsResult></GetClusterCredentialsResponse>';

  test('sends what was given under its names, and gives back the login', async () => {
    answer.body = ANSWER;
    const wanted = {
      clusterIdentifier: 'c',
      dbUser: 'u',
      dbName: 'd',
      dbGroups: ['g', 'h'],
      autoCreate: true,
      durationSeconds: 3600,
    };
    const credentials = await getClusterCredentials(endpoint, wanted, AT);
    expect(Object.fromEntries(new URLSearchParams(sent().body.toString()))).toEqual({
      Action: 'GetClusterCredentials',
      Version: '2012-12-01',
      ClusterIdentifier: 'c',
      DbUser: 'u',
      DbName: 'd',
      AutoCreate: 'true',
      DurationSeconds: '3600',
      'DbGroups.DbGroup.1': 'g',
      'DbGroups.DbGroup.2': 'h',
    });
    expect(credentials.dbUser).toBe('IAMA:u:g');
    expect(credentials.dbPassword.reveal()).toBe('pass&word');
    expect(credentials.expiration).toEqual(new Date('2026-03-01T12:15:00Z'));
    expect(JSON.stringify(credentials)).not.toContain('pass&word');
  });

  test('sends nothing that was not given', async () => {
    answer.body = ANSWER;
    await getClusterCredentials(endpoint, { clusterIdentifier: 'c', dbUser: 'u', dbGroups: [] }, AT);
    expect([...new URLSearchParams(sent().body.toString()).keys()]).toEqual([
      'Action',
      'Version',
      'ClusterIdentifier',
      'DbUser',
    ]);
  });
});
