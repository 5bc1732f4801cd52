import { AwsError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Secret } from '../core/secret.ts';
import { signRequest } from '../sigv4/index.ts';
import { post } from './post.ts';

/** Where a Keyshift answers and who calls it. */
export interface Endpoint {
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Of temporary credentials. */
  readonly sessionToken?: Secret | undefined;
  /** Certificates in PEM to trust over HTTPS, in the place of the system's. */
  readonly ca?: string | undefined;
}

/** A service of the query protocol, as requests name it. */
export interface ServiceName {
  readonly name: 'keyshift' | 'redshift' | 'iam';
  readonly version: string;
}

/** An answer, of which only the texts of elements are read: the query protocol's answers have no attributes. */
export interface CallResult {
  /** The texts of all elements of that name, in order. */
  texts(element: string): string[];
  /** The same of elements that hold others: each one like an answer of its own. */
  parts(element: string): CallResult[];
}

/**
 * Calls one operation, signed. Throws AwsError with the service's code and message when it refuses, and NoAnswer
 * when nobody answers. `at` is the time of the signature.
 */
export async function call(
  endpoint: Endpoint,
  service: ServiceName,
  action: string,
  parameters: Readonly<Record<string, string>>,
  at: Date,
): Promise<CallResult> {
  const url = new URL(endpoint.url);
  const body = new URLSearchParams({ Action: action, Version: service.version, ...parameters }).toString();
  const signed = signRequest(
    {
      method: 'POST',
      path: '/',
      query: '',
      headers: [
        ['Host', url.host],
        ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ],
      body: Buffer.from(body),
    },
    {
      accessKeyId: endpoint.accessKeyId,
      secret: endpoint.secretAccessKey,
      sessionToken: endpoint.sessionToken,
      region: endpoint.region,
      service: service.name,
      at,
    },
  );
  const headers = signed.headers
    .filter(([name]) => name.toLowerCase() !== 'host')
    .map(([name, value]) => [name, value] as const);
  const { status, text } = await post({
    url,
    headers,
    body,
    ca: endpoint.ca,
    msMax: LIMITS.requestReceiveMsMax,
  });
  const result = resultOf(text);
  if (status >= 200 && status < 300) return result;
  const [code = 'UnknownError'] = result.texts('Code');
  const [message = `HTTP status ${status}`] = result.texts('Message');
  throw new AwsError(code, status, message);
}

function resultOf(xml: string): CallResult {
  return {
    texts: (element) => contents(xml, element).map(unescapeXml),
    parts: (element) => contents(xml, element).map(resultOf),
  };
}

/** What stands between the tags of each element of that name. */
function contents(xml: string, element: string): string[] {
  const found: string[] = [];
  const open = `<${element}>`;
  for (let at = xml.indexOf(open); at !== -1; at = xml.indexOf(open, at)) {
    const start = at + open.length;
    const end = xml.indexOf(`</${element}>`, start);
    if (end === -1) break;
    found.push(xml.slice(start, end));
    at = end;
  }
  return found;
}

const ENTITIES = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['amp', '&'],
]);

const CODE_POINT_MAX = 0x10ffff;

function unescapeXml(text: string): string {
  return text.replace(
    /&(?:#x([0-9A-Fa-f]{1,6})|#([0-9]{1,7})|([a-z]{2,4}));/g,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES.get(name) ?? whole;
      const point = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return point <= CODE_POINT_MAX ? String.fromCodePoint(point) : whole;
    },
  );
}
