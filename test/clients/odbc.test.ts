import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RawRequest } from '../../src/sigv4/index.ts';
import { signRequest } from '../../src/sigv4/index.ts';
import { cancelRequest, errorFields, query, Wire } from '../hostile/wire.ts';
import { readText } from '../tidy/repository.ts';
import { type Received, send } from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';

// The Redshift ODBC driver cannot be installed here. What it sends is data (test/vectors/odbc/SOURCE.md): its calls, and
// the start-up of its libpq.

interface Call {
  /** Of JSON 1.1; a query call has none. */
  readonly target?: string;
  readonly body: string;
  readonly status: number;
  readonly code?: string;
}

interface Connection {
  readonly name: string;
  readonly requests: readonly Call[];
  /** The login name that comes out; none when the calls end in a refusal. */
  readonly login?: string;
}

interface Vectors {
  readonly userAgent: string;
  readonly connections: readonly Connection[];
  readonly startup: Readonly<Record<string, string>>;
  readonly startupWithCompression: Readonly<Record<string, string>>;
}

const VECTORS: Vectors = JSON.parse(readText('test/vectors/odbc/connections.json'));
/** The driver keeps a port in a short integer. */
const PORT_MAX = 32_767;

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(async () => keyshift?.close());

/** One call as the SDK for C++ makes it: every header signed but the user agent. */
function call({ target, body }: Call): Promise<Received> {
  const root = keyshift.root;
  const typed =
    target === undefined
      ? [['content-type', 'application/x-www-form-urlencoded']]
      : [
          ['content-type', 'application/x-amz-json-1.1'],
          ['x-amz-target', target],
        ];
  const headers = [
    ['host', new URL(root.url).host],
    ['amz-sdk-invocation-id', '3F1C5B2A-6A0E-4C57-9A3C-2B0E6C0D7E11'],
    ['amz-sdk-request', 'attempt=1'],
    ['content-length', String(Buffer.byteLength(body))],
    ...typed,
    ['x-amz-api-version', target === undefined ? '2012-12-01' : '2021-04-21'],
  ].map(([name = '', value = '']) => [name, value] as const);
  const raw: RawRequest = { method: 'POST', path: '/', query: '', headers, body: Buffer.from(body) };
  const signed = signRequest(raw, {
    accessKeyId: root.accessKeyId,
    secret: root.secretAccessKey,
    region: root.region,
    service: target === undefined ? 'redshift' : 'redshift-serverless',
    at: new Date(),
  });
  return send(root, {
    ...signed,
    headers: [...signed.headers, ['user-agent', VECTORS.userAgent], ['accept', '*/*']],
  });
}

/** Makes the calls of a connection in their order. Gives the login of the last one, if it gave one. */
async function callAll({ requests }: Connection): Promise<{ user: string; password: string } | undefined> {
  let login: { user: string; password: string } | undefined;
  for (const request of requests) {
    const answer = await call(request);
    expect(answer.status, `${request.body}: ${answer.text}`).toBe(request.status);
    if (request.code !== undefined) expect(answer.code).toBe(request.code);
    else if (request.target !== undefined) {
      const { dbUser, dbPassword } = JSON.parse(answer.text);
      login = { user: dbUser, password: dbPassword };
    } else if (request.body.startsWith('Action=DescribeClusters')) {
      expect(answer.texts('Address')).toEqual(['localhost']);
      const port = Number(answer.texts('Port')[0]);
      expect(port).toBe(keyshift.ready.gatewayPort);
      expect(port).toBeLessThanOrEqual(PORT_MAX);
    } else {
      const [user = '', password = ''] = [...answer.texts('DbUser'), ...answer.texts('DbPassword')];
      login = { user, password };
    }
  }
  return login;
}

describe('a connection of the ODBC driver', () => {
  test.each(VECTORS.connections)('$name', async (connection) => {
    const login = await callAll(connection);
    expect(login?.user).toBe(connection.login);
    if (login === undefined) return;
    const { wire, session } = await Wire.openSession(keyshift, login, VECTORS.startup);
    expect(session.negotiated).toBeUndefined();
    expect(session.parameters.get('server_version')).toBe('8.0.2');
    expect(session.parameters.get('client_encoding')).toBe('UTF8');
    expect(session.parameters.get('server_protocol_version') ?? '0').toBe('0');
    wire.send(query('select keyshift.session_user_name()'));
    const [row] = (await wire.answer()).filter(({ letter }) => letter === 'D');
    const expected = connection.login?.startsWith('IAM:Root') ? connection.login : login.user.split(':')[1];
    expect(row?.body.toString().endsWith(expected ?? '?')).toBe(true);
    wire.vanish();
  });

  test('with the string of its page', async () => {
    const [, string = ''] = /^```\n(.*?)\n```$/ms.exec(readText('docs/clients/redshift-odbc.md')) ?? [];
    const options = new Map(string.split(';').map((option) => option.split('=', 2) as [string, string]));
    const of = (name: string) => encodeURIComponent(options.get(name) ?? '');
    const login = await callAll({
      name: string,
      requests: [
        {
          body: `Action=DescribeCustomDomainAssociations&CustomDomainName=${of('Host')}&Version=2012-12-01`,
          status: 404,
          code: 'CustomDomainAssociationNotFoundFault',
        },
        {
          body: `Action=GetClusterCredentials&DbUser=${of('DbUser')}&DbName=${of('Database')}&ClusterIdentifier=${of('ClusterId')}&AutoCreate=false&CustomDomainName=&Version=2012-12-01`,
          status: 200,
        },
      ],
    });
    if (login === undefined) throw new Error('no login');
    expect(login.user).toBe(`IAM:${options.get('DbUser')}`);
    const { wire } = await Wire.openSession(keyshift, login, {
      database: options.get('Database') ?? '',
      ...VECTORS.startup,
    });
    wire.send(query('select current_database()'));
    const [row] = (await wire.answer()).filter(({ letter }) => letter === 'D');
    expect(row?.body.toString().endsWith('exampledb')).toBe(true);
    wire.vanish();
  });

  test('that offers compression is answered as by a server without it', async () => {
    const login = await callAll(VECTORS.connections[0] as Connection);
    if (login === undefined) throw new Error('no login');
    const parameters = { ...VECTORS.startupWithCompression, ...VECTORS.startup };
    const { wire, session } = await Wire.openSession(keyshift, login, parameters);
    expect(session.negotiated).toBeUndefined();
    expect(session.parameters.get('server_version')).toBe('8.0.2');
    wire.vanish();
  });

  test('cancels its statement over a new connection without TLS', async () => {
    const login = await callAll(VECTORS.connections[0] as Connection);
    if (login === undefined) throw new Error('no login');
    const { wire, session } = await Wire.openSession(keyshift, login, VECTORS.startup);
    expect(session.key).toHaveLength(4);
    // A notice is sent at once, so the statement runs when it comes.
    wire.send(query("do $$ begin raise notice 'runs'; perform pg_sleep(30); end $$"));
    expect((await wire.message()).letter).toBe('N');
    const canceling = await Wire.open(keyshift);
    canceling.send(cancelRequest(session.processId, session.key));
    await canceling.untilEnd();
    const error = (await wire.answer()).find(({ letter }) => letter === 'E');
    expect(error && errorFields(error)['C']).toBe('57014');
    wire.vanish();
  });
});
