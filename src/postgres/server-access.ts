import { connect as connectSocket, type OnReadOpts, type Socket } from 'node:net';
import pg from 'pg';
import { codeOf, messageOf, SqlError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { ADMIN_ROLE, type EmbeddedServer } from './embedded.ts';
import { HeldFacts } from './held-facts.ts';
import type { SessionPasswords } from './session-passwords.ts';
import { socketPath } from './socket-directory.ts';
import type { SystemLog } from './system-log.ts';

/** How Keyshift reaches one PostgreSQL server: as its administrator with SQL, and as raw bytes for the gateway. */
export type ServerAccess = TrustingAccess | ScramAccess;

/** A server that lets in whoever the gateway names: it knows the process by its socket, or by its certificate. */
export interface TrustingAccess extends Reach {
  readonly way: 'peer' | 'cert';
  /** What the system tables of an embedded server tell of the past. */
  readonly systemLog?: SystemLog;
  /** Only with embedded servers: another one could take the place of an external one, with the same snapshots. */
  readonly heldFacts?: HeldFacts;
}

/** A server that asks each login for its password. */
export interface ScramAccess extends Reach {
  readonly way: 'scram';
  readonly sessionPasswords: SessionPasswords;
}

/** Is given bytes as they come. They are good only during the call: the buffer is then read into again. */
export type TakeBytes = (bytes: Buffer) => void;

interface Reach {
  /**
   * Opens a connection (encrypted where the server is remote); the next bytes are the startup packet. What the server
   * sends goes to `take`, unless the socket is paused.
   */
  connect(take: TakeBytes): Promise<Socket>;
  /** Settings that every session begins with, whatever the server has. */
  readonly startupSettings: ReadonlyMap<string, string>;
  /** The administrator's connections to one database: few, made when needed, closed when idle. */
  admin(database: string): pg.Pool;
  /** The role of these connections. It is nobody's to log in as. */
  readonly ownRole: string;
  /** Whether that role is a superuser of PostgreSQL. Managed services give only a role with CREATEROLE. */
  readonly isSuperuser: boolean;
  /** The database of the administrator's own: roles are changed from there, under a lock of that database. */
  readonly home: string;
  /** Identifiers of databases that this process knows to be prepared, see `prepareDatabase`. */
  readonly prepared: Set<number>;
  readonly logger: Logger;
  close(): Promise<void>;
}

/** Connections of the administrator to one database; provisioning one login takes one for a few milliseconds. */
const ADMIN_CONNECTIONS_MAX = 4;
/** Databases with a pool at a time; the one unused longest goes first. */
const ADMIN_POOLS_MAX = 64;
/** DROP DATABASE waits five seconds for other connections to end, so ours must be gone by then. */
const ADMIN_IDLE_MS = 2_000;
const HOME_IDLE_MS = 60_000;
const CONNECT_MS_MAX = 10_000;
const STATEMENT_MS_MAX = 60_000;
/** The server ends a statement before; this is for one that has vanished. */
const QUERY_MS_MAX = STATEMENT_MS_MAX + 5_000;

/**
 * A session may set this for the role it runs as (`ALTER ROLE CURRENT_USER SET`), and a name that no library has would
 * keep that role from logging in. What comes with the startup packet wins over what a role has; there are no such
 * libraries on an embedded server.
 */
const EMBEDDED_STARTUP: ReadonlyMap<string, string> = new Map([['local_preload_libraries', '']]);

/**
 * Nothing that a user put into a schema may stand in for a catalog's function or operator. A plan is made once for each
 * connection, for any values and by indexes: it may be used when the catalogs have grown to a thousand times their size.
 */
const ADMIN_OPTIONS = [
  'search_path=pg_catalog',
  `statement_timeout=${STATEMENT_MS_MAX}`,
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  // Until PostgreSQL 17, what is off costs so much that it seems worth being compiled.
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** The embedded server's maintenance database, which belongs to the administrator and cannot be dropped by others. */
const EMBEDDED_HOME = 'postgres';

/** Access to an embedded server through its unix socket, where the operating system tells who connects. */
export function embeddedAccess(
  server: Pick<EmbeddedServer, 'socketDir' | 'port' | 'systemLog'>,
  logger: Logger,
): TrustingAccess {
  const pools = adminPools(EMBEDDED_HOME, logger, {
    host: server.socketDir,
    port: server.port,
    user: ADMIN_ROLE,
  });
  return {
    way: 'peer',
    systemLog: server.systemLog,
    heldFacts: new HeldFacts(() => pools.admin(EMBEDDED_HOME)),
    connect: (take) =>
      openSocket(() => connectSocket({ path: socketPath(server.socketDir), ...readShared(take) })),
    startupSettings: EMBEDDED_STARTUP,
    admin: pools.admin,
    ownRole: ADMIN_ROLE,
    isSuperuser: true,
    home: EMBEDDED_HOME,
    prepared: new Set(),
    logger,
    close: pools.close,
  };
}

/** What a server that is down, starts or stops looks like: codes of the operating system and of PostgreSQL. */
const UNREACHABLE: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT'],
  ...['ENOTFOUND', 'EAI_AGAIN', '57P01', '57P02', '57P03'],
]);
/** The PostgreSQL client's own words, and ours, for the same; they have no code. */
const UNREACHABLE_WORDS =
  /^(?:Connection terminated|timeout exceeded when trying to connect|no connection in time|no TLS handshake in time|the server closed the connection)/;

/** Whether an error means that the server cannot be reached now, and not that it refused something. */
export function isUnreachable(error: unknown): boolean {
  return UNREACHABLE.has(codeOf(error) ?? '') || UNREACHABLE_WORDS.test(messageOf(error));
}

/** PostgreSQL 18 manual, appendix A, class 53 (insufficient resources): disk, memory, connections. */
const NO_ROOM = /^53[0-9A-Z]{3}$/;

/** The refusal that a client is told when the server has no room for what the administrator asks; else undefined. */
export function refusalForRoom(error: unknown): SqlError | undefined {
  const code = codeOf(error);
  if (code === undefined || !NO_ROOM.test(code)) return undefined;
  return new SqlError(code, 'the database server of this cluster has no room for another session', {
    cause: error,
    detail: messageOf(error),
  });
}

/** PostgreSQL 18 manual, appendix A, class 28 (invalid authorization specification): to the gateway itself. */
const NOT_LET_IN = /^28[0-9A-Z]{3}$/;
/** What Node.js and OpenSSL say of a certificate, a key or a handshake that is not as it must be. */
const NOT_TRUSTED =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO)/;
/** The PostgreSQL client's own words, and ours, for a server without TLS; they have no code. */
const NO_TLS_WORDS = /^(?:The server does not support SSL connections|the server does not offer TLS)/;

/**
 * Why a server that answers cannot be used, or undefined: it does not let the gateway in, or is not proved to be the one
 * that is meant. Not for the errors of a client's own login, which are SqlErrors.
 */
export function distrust(error: unknown): string | undefined {
  if (error instanceof SqlError) return undefined;
  const code = codeOf(error) ?? '';
  if (NOT_LET_IN.test(code)) return 'The server does not let the gateway in.';
  if (NOT_TRUSTED.test(code) || NO_TLS_WORDS.test(messageOf(error)))
    return 'The gateway cannot verify that it is the server that is meant.';
  return undefined;
}

/** Whether an error is about the whole server, and not about one database or role. */
export function isOfWholeServer(error: unknown): boolean {
  return isUnreachable(error) || refusalForRoom(error) !== undefined || distrust(error) !== undefined;
}

/** What one read takes at most; a bigger buffer brought nothing. */
const READ_BYTES_MAX = 64 * 1024;
const SHARED_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES_MAX);

/**
 * Lets a socket read into one buffer that all of them share. A buffer for each read makes the garbage collector run
 * all the time: COPY through the gateway took twice the CPU.
 */
export function readShared(take: TakeBytes): { onread: OnReadOpts } {
  return {
    onread: {
      buffer: SHARED_BUFFER,
      callback: (bytes) => {
        take(SHARED_BUFFER.subarray(0, bytes));
        return true;
      },
    },
  };
}

/** Waits until a socket is connected, or fails within the limit. */
export function openSocket(open: () => Socket): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = open();
    const fail = (error: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(error);
    };
    const timer = setTimeout(() => fail(new Error('no connection in time')), CONNECT_MS_MAX);
    socket.once('error', fail);
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', fail);
      resolve(socket);
    });
  });
}

/** One small pool for each database in use. */
export function adminPools(
  home: string,
  logger: Logger,
  config: pg.PoolConfig,
): { admin: (database: string) => pg.Pool; close: () => Promise<void> } {
  const pools = new Map<string, pg.Pool>();
  const closing = new Set<Promise<void>>();
  const end = (pool: pg.Pool) => {
    const ended = pool.end().finally(() => closing.delete(ended));
    closing.add(ended);
  };
  const admin = (database: string): pg.Pool => {
    const known = pools.get(database);
    pools.delete(database);
    const pool = known ?? makePool(database);
    // A map keeps the order of insertion: the last one used stands last.
    pools.set(database, pool);
    const oldest = pools.keys().next().value;
    if (pools.size > ADMIN_POOLS_MAX && oldest !== undefined) {
      const old = pools.get(oldest);
      pools.delete(oldest);
      if (old !== undefined) end(old);
    }
    return pool;
  };
  const makePool = (database: string): pg.Pool => {
    const pool = new pg.Pool({
      ...config,
      database,
      max: ADMIN_CONNECTIONS_MAX,
      idleTimeoutMillis: database === home ? HOME_IDLE_MS : ADMIN_IDLE_MS,
      connectionTimeoutMillis: CONNECT_MS_MAX,
      query_timeout: QUERY_MS_MAX,
      application_name: 'keyshift',
      options: ADMIN_OPTIONS,
    });
    // The pool listens to idle connections only; the loss of one in use is told to its query, and to nobody else.
    pool.on('connect', (client) => client.on('error', () => {}));
    pool.on('error', (error) =>
      logger.debug({ database, reason: messageOf(error) }, 'administrator connection lost'),
    );
    return pool;
  };
  return {
    admin,
    close: async () => {
      for (const pool of pools.values()) end(pool);
      pools.clear();
      await Promise.all(closing);
    },
  };
}
