import { Agent, request } from 'node:http';
import type { Endpoint } from '../../../src/client/call.ts';
import { Secret } from '../../../src/core/secret.ts';
import { presignRequest, type RawRequest, signRequest } from '../../../src/sigv4/index.ts';
import { type Element, parseXml, textsOf } from './xml.ts';

/** Calls of the API as bytes: signed properly, and then changed at will, which no SDK would do. */

export const VERSIONS = {
  iam: '2010-05-08',
  sts: '2011-06-15',
  redshift: '2012-12-01',
  keyshift: '2026-11-22',
} as const;
export type ServiceName = keyof typeof VERSIONS;
export type Parameters = Readonly<Record<string, string>>;

export interface Received {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  /** Throws when the body is not XML. */
  readonly xml: Element;
  /** Of an error; empty in an answer without one. */
  readonly code: string;
  readonly message: string;
  texts(element: string): string[];
}

export interface Signing {
  readonly at?: Date;
  readonly region?: string;
  /** The service that the signature is for, when it is not the service that is called. */
  readonly service?: string;
  /** Changes the request before it is signed. */
  readonly with?: Partial<RawRequest>;
}

// Idle connections end before the server ends them, after five seconds: a request would meet that end on the way.
const agent = new Agent({ keepAlive: true, maxSockets: 16, timeout: 4_000 });
const ANSWER_MS_MAX = 30_000;

/** A signed POST of one operation. */
export function signed(
  endpoint: Endpoint,
  service: ServiceName,
  parameters: Parameters,
  signing: Signing = {},
): RawRequest {
  return signRequest(plain(endpoint, service, parameters, signing), options(endpoint, service, signing));
}

/** A presigned GET of one operation. */
export function presigned(
  endpoint: Endpoint,
  service: ServiceName,
  parameters: Parameters,
  expiresSeconds: number,
  signing: Signing = {},
): RawRequest {
  const { headers } = plain(endpoint, service, parameters, signing);
  const query = form(service, parameters);
  return presignRequest(
    { method: 'GET', path: '/', query, headers: headers.slice(0, 1), body: Buffer.alloc(0), ...signing.with },
    { ...options(endpoint, service, signing), expiresSeconds },
  );
}

/** The same request without a signature. */
export function plain(
  endpoint: Endpoint,
  service: ServiceName,
  parameters: Parameters,
  signing: Signing = {},
): RawRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: [
      ['host', new URL(endpoint.url).host],
      ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ],
    body: Buffer.from(form(service, parameters)),
    ...signing.with,
  };
}

function form(service: ServiceName, parameters: Parameters): string {
  const { Action, ...others } = parameters;
  const known = { ...(Action === undefined ? {} : { Action }), Version: VERSIONS[service], ...others };
  // A space as %20: the canonical form of a signature has no plus sign.
  return new URLSearchParams(known).toString().replaceAll('+', '%20');
}

function options(endpoint: Endpoint, service: ServiceName, { at, region, service: other }: Signing) {
  return {
    accessKeyId: endpoint.accessKeyId,
    secret: endpoint.secretAccessKey,
    sessionToken: endpoint.sessionToken,
    region: region ?? endpoint.region,
    service: other ?? service,
    at: at ?? new Date(),
  };
}

/** Sends exactly these bytes. Rejects when no answer comes. */
export function send(endpoint: { readonly url: string }, raw: RawRequest): Promise<Received> {
  const { hostname, port } = new URL(endpoint.url);
  const headers = raw.headers.map(([name, value]) => [name, value]);
  const isMeasured = headers.some(([name]) => /^(content-length|transfer-encoding)$/i.test(name ?? ''));
  if (!isMeasured && raw.body.length > 0) headers.push(['content-length', String(raw.body.length)]);
  return new Promise((resolve, reject) => {
    const sent = request({
      agent,
      hostname,
      port,
      method: raw.method,
      path: raw.query === '' ? raw.path : `${raw.path}?${raw.query}`,
      headers: headers.flat(),
      setHost: false,
      timeout: ANSWER_MS_MAX,
    });
    sent.on('error', reject);
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')));
    sent.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve(received(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString())),
      );
    });
    sent.end(raw.body);
  });
}

/** Calls one operation, properly signed. A refusal is an answer like any other. */
export function ask(
  endpoint: Endpoint,
  service: ServiceName,
  Action: string,
  parameters: Parameters = {},
  signing: Signing = {},
): Promise<Received> {
  return send(endpoint, signed(endpoint, service, { Action, ...parameters }, signing));
}

/** A call of Redshift Serverless, which speaks JSON. */
export const askServerless = (caller: Endpoint, operation: string, input: unknown): Promise<Received> =>
  askJson(caller, 'redshift-serverless', 'RedshiftServerless', operation, input);

/** Calls one operation, for calls that must succeed. */
export async function must(
  endpoint: Endpoint,
  service: ServiceName,
  Action: string,
  parameters: Parameters = {},
): Promise<Received> {
  const answer = await ask(endpoint, service, Action, parameters);
  if (answer.status !== 200) throw new Error(`${Action}: ${answer.code} ${answer.message}`);
  return answer;
}

/** Calls one operation of a service of the JSON protocol, whose operations have `target` before their names. */
export function askJson(
  caller: Endpoint,
  service: string,
  target: string,
  operation: string,
  input: unknown,
): Promise<Received> {
  const raw: RawRequest = {
    method: 'POST',
    path: '/',
    query: '',
    headers: [
      ['host', new URL(caller.url).host],
      ['content-type', 'application/x-amz-json-1.1'],
      ['x-amz-target', `${target}.${operation}`],
    ],
    body: Buffer.from(JSON.stringify(input)),
  };
  const { accessKeyId, secretAccessKey: secret, sessionToken, region } = caller;
  const signing = { accessKeyId, secret, sessionToken, region, service, at: new Date() };
  return send(caller, signRequest(raw, signing));
}

/** Makes an IAM user with an access key, and an inline policy if one is given. */
export async function makeUser(root: Endpoint, UserName: string, policy?: object): Promise<Endpoint> {
  await must(root, 'iam', 'CreateUser', { UserName });
  if (policy !== undefined) await putPolicy(root, UserName, policy);
  const key = await must(root, 'iam', 'CreateAccessKey', { UserName });
  const [accessKeyId = ''] = key.texts('AccessKeyId');
  const [secret = ''] = key.texts('SecretAccessKey');
  return { ...root, accessKeyId, secretAccessKey: new Secret(secret) };
}

export async function putPolicy(root: Endpoint, UserName: string, policy: object): Promise<void> {
  await must(root, 'iam', 'PutUserPolicy', {
    UserName,
    PolicyName: 'policy',
    PolicyDocument: JSON.stringify(policy),
  });
}

function received(status: number, headers: Received['headers'], text: string): Received {
  let parsed: Element | undefined;
  const xml = (): Element => {
    parsed ??= parseXml(text);
    return parsed;
  };
  const first = (name: string): string => (status < 400 ? '' : (textsOf(xml(), name)[0] ?? ''));
  return {
    status,
    headers,
    text,
    get xml() {
      return xml();
    },
    get code() {
      return first('Code');
    },
    get message() {
      return first('Message');
    },
    texts: (name) => textsOf(xml(), name),
  };
}
