import { readFileSync } from 'node:fs';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type pg from 'pg';
import { messageOf, OperatorError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { Secret } from '../core/secret.ts';
import { adminPools, openSocket, readShared, type ServerAccess, type TakeBytes } from './server-access.ts';
import { CONNECTION_CHECK } from './server-settings.ts';
import type { SessionPasswords } from './session-passwords.ts';

/** Access to a PostgreSQL server that Keyshift did not start, by its URL. */

/** PostgreSQL 16 brought memberships without SET, on which session roles rest. */
const VERSION_MIN = 160_000;
const DEFAULT_PORT = 5432;
const TLS_MS_MAX = 10_000;
/** Milliseconds between probes of an idle connection; finds a server that vanished without a word. */
const KEEPALIVE_MS = 60_000;
const CHECK_SETTING = 'client_connection_check_interval';
/** PostgreSQL 18 manual, 54.7, SSLRequest: length 8, code 80877103. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** How much the connection is protected. PostgreSQL 18 manual, 32.19.3; the opportunistic modes are left out. */
type SslMode = 'disable' | 'require' | 'verify-ca' | 'verify-full';
const SSL_MODES: ReadonlySet<string> = new Set(['disable', 'require', 'verify-ca', 'verify-full']);

export interface ExternalTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | undefined;
  readonly database: string;
  readonly sslMode: SslMode;
  readonly rootCertificate: string | undefined;
  /** Files of the client certificate and its key. */
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

interface Administrator {
  readonly number: number;
  readonly version: string;
  readonly isSuperuser: boolean;
  readonly mayCreateRoles: boolean;
  /** `client_connection_check_interval` of the server. */
  readonly checkInterval: string;
}

const ADMINISTRATOR_SQL = `
  SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
         rolsuper AS "isSuperuser", rolcreaterole AS "mayCreateRoles",
         current_setting('client_connection_check_interval') AS "checkInterval"
  FROM pg_roles WHERE rolname = current_user`;

/**
 * Connects to the server of a URL, and checks its version and what the URL's role may do there.
 * @throws OperatorError when the URL is wrong, the server is not reached or does not fit
 */
export async function openExternal(
  url: Secret,
  sessionPasswords: SessionPasswords,
  logger: Logger,
): Promise<ServerAccess> {
  const target = parseTarget(url);
  const pools = adminPools(target.database, logger, {
    host: target.host,
    port: target.port,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    ssl: tlsOptions(target) ?? false,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
  });
  const place = `${target.host}:${target.port}`;
  try {
    const result = await pools.admin(target.database).query<Administrator>(ADMINISTRATOR_SQL);
    const { isSuperuser, checkInterval } = requireFit(result.rows[0], target, place);
    const reach = {
      connect: (take: TakeBytes) => openTarget(target, take),
      startupSettings:
        checkInterval === '0' ? await connectionCheck(pools.admin(target.database)) : new Map(),
      admin: pools.admin,
      ownRole: target.user,
      isSuperuser,
      home: target.database,
      prepared: new Set<number>(),
      logger,
      close: pools.close,
    };
    // Whoever needs no password for its own role is known by its certificate.
    return target.password === undefined && target.clientCertificate !== undefined
      ? { way: 'cert', ...reach }
      : { way: 'scram', sessionPasswords, ...reach };
  } catch (error) {
    await pools.close();
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `The PostgreSQL server ${place} cannot be used (${messageOf(error)}): check the URL, the password and that ` +
        'the server runs.',
      { cause: error },
    );
  }
}

/**
 * Has backends look whether their client is still there while a query runs, as embedded servers do; a server on a system
 * that cannot do it refuses the setting.
 */
async function connectionCheck(pool: pg.Pool): Promise<ReadonlyMap<string, string>> {
  const value = CONNECTION_CHECK;
  const isTaken = await pool.query('SELECT set_config($1, $2, true)', [CHECK_SETTING, value]).then(
    () => true,
    () => false,
  );
  return new Map(isTaken ? [[CHECK_SETTING, value]] : []);
}

function requireFit(found: Administrator | undefined, target: ExternalTarget, place: string): Administrator {
  if (found === undefined || found.number < VERSION_MIN) {
    throw new OperatorError(
      `The server ${place} is PostgreSQL ${found?.version ?? 'of unknown version'}, but Keyshift needs version 16 ` +
        'or newer: upgrade it, or give another URL.',
    );
  }
  if (!found.isSuperuser && !found.mayCreateRoles) {
    throw new OperatorError(
      `The role "${target.user}" may not make roles on the server ${place}: give it CREATEROLE, or name another ` +
        'role in the URL.',
    );
  }
  return found;
}

/**
 * Reads `postgresql://user:password@host:port/database?sslmode=…&sslrootcert=…&sslcert=…&sslkey=…`. Without
 * `sslmode` the server's certificate and name are verified, except on this machine.
 * @throws OperatorError when a part is missing or unknown; the message never shows the URL
 */
export function parseTarget(url: Secret): ExternalTarget {
  let parsed: URL;
  try {
    parsed = new URL(url.reveal());
  } catch {
    throw new OperatorError(
      'The PostgreSQL URL cannot be read: write postgresql://user:password@host:5432/database.',
    );
  }
  const user = decodeURIComponent(parsed.username);
  if (
    (parsed.protocol !== 'postgresql:' && parsed.protocol !== 'postgres:') ||
    parsed.hostname === '' ||
    user === ''
  ) {
    throw new OperatorError(
      'The PostgreSQL URL must begin with postgresql:// and name a user and a host: ' +
        'write postgresql://user:password@host:5432/database.',
    );
  }
  const host = parsed.hostname.replace(/^\[|\]$/g, '');
  const sslMode = parsed.searchParams.get('sslmode') ?? (isLoopback(host) ? 'disable' : 'verify-full');
  if (!SSL_MODES.has(sslMode)) {
    throw new OperatorError(
      'The PostgreSQL URL has an sslmode that Keyshift does not take: use disable, require, verify-ca or verify-full.',
    );
  }
  const password = parsed.password === '' ? undefined : decodeURIComponent(parsed.password);
  const clientCertificate = clientCertificateOf(parsed.searchParams);
  if (clientCertificate !== undefined && password === undefined && !sslMode.startsWith('verify-')) {
    throw new OperatorError(
      'The PostgreSQL URL has a client certificate and no password, so the server must be verified: ' +
        'use sslmode=verify-full or verify-ca.',
    );
  }
  return {
    host,
    port: parsed.port === '' ? DEFAULT_PORT : Number(parsed.port),
    user,
    password,
    database: decodeURIComponent(parsed.pathname.slice(1)) || user,
    // The set above holds exactly the members of the type.
    sslMode: sslMode as SslMode,
    rootCertificate: parsed.searchParams.get('sslrootcert') ?? undefined,
    clientCertificate,
  };
}

function clientCertificateOf(parameters: URLSearchParams): ExternalTarget['clientCertificate'] {
  const [certificate, key] = [parameters.get('sslcert'), parameters.get('sslkey')];
  if (certificate === null && key === null) return undefined;
  if (certificate === null || key === null) {
    throw new OperatorError('The PostgreSQL URL must name both sslcert and sslkey, or neither.');
  }
  return { certificate, key };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function tlsOptions(target: ExternalTarget): ConnectionOptions | undefined {
  if (target.sslMode === 'disable') return undefined;
  const { rootCertificate, clientCertificate } = target;
  return {
    // What the certificate is checked against; the PostgreSQL client gives no name for an address.
    host: target.host,
    rejectUnauthorized: target.sslMode !== 'require',
    ...(rootCertificate === undefined ? {} : { ca: readPem('sslrootcert', rootCertificate) }),
    ...(clientCertificate === undefined
      ? {}
      : {
          cert: readPem('sslcert', clientCertificate.certificate),
          key: readPem('sslkey', clientCertificate.key),
        }),
    ...(isIP(target.host) === 0 ? { servername: target.host } : {}),
    ...(target.sslMode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  };
}

function readPem(parameter: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `A file of the PostgreSQL URL cannot be read (${messageOf(error)}): correct ${parameter}.`,
      { cause: error },
    );
  }
}

/** Opens a connection to the server, encrypted as its URL asks. */
export async function openTarget(target: ExternalTarget, take: TakeBytes): Promise<Socket> {
  const tls = tlsOptions(target);
  const socket = await openSocket(() =>
    connectSocket({
      ...{ host: target.host, port: target.port, noDelay: true },
      ...{ keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
      ...(tls === undefined ? readShared(take) : {}),
    }),
  );
  if (tls === undefined) return socket;
  // A socket inside TLS cannot be given a buffer.
  return (await startTls(socket, tls)).on('data', take);
}

/** Asks for encryption and takes exactly one byte of answer: more would be plain text slipped in (CVE-2021-23222). */
function startTls(socket: Socket, options: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error('no TLS handshake in time')), TLS_MS_MAX);
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the server closed the connection')));
    socket.once('data', (answer: Buffer) => {
      if (answer.length !== 1 || answer[0] !== 0x53) return fail(new Error('the server does not offer TLS'));
      socket.removeAllListeners('close');
      const secure = openTls(options, socket);
      if (secure instanceof Error) return fail(secure);
      secure.once('error', fail);
      secure.once('secureConnect', () => {
        clearTimeout(timer);
        secure.off('error', fail);
        resolve(secure);
      });
    });
    socket.write(SSL_REQUEST);
  });
}

/** A key that is none, or is not the certificate's, throws; inside an event that would end the process. */
function openTls(options: ConnectionOptions, socket: Socket): TLSSocket | Error {
  try {
    return connectTls({ ...options, socket });
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error));
  }
}
