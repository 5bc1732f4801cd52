import type { Socket } from 'node:net';
import type { AuditSink, RefusalSink } from '../audit/event.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf, SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Logger } from '../core/logger.ts';
import {
  type BackendKeyData,
  negotiateProtocol,
  type StartupPacket,
  writeErrorResponse,
  writeNegotiateProtocolVersion,
} from '../pgwire/index.ts';
import { provision, requireClientDatabase } from '../postgres/provision.ts';
import { isUnreachable } from '../postgres/server-access.ts';
import { type AdmitDeps, admit } from './admit.ts';
import type { Backend } from './backend.ts';
import type { CancelKeys } from './cancel.ts';
import { type Channel, ConnectionEnded } from './channel.ts';
import { endBackend } from './end-backend.ts';
import { openBackend } from './enter.ts';
import type { FailedLogins } from './failed-logins.ts';
import { LoginDeadline } from './login-deadline.ts';
import { relay } from './relay.ts';
import type { Route, ServedCluster } from './route.ts';
import { secure } from './secure.ts';
import type { SessionRecord } from './session-record.ts';
import { readClientParameters } from './startup-parameters.ts';
import type { Turnstile } from './turnstile.ts';
import { userDdlRewriter } from './user-ddl.ts';
import type { Identity } from './verify.ts';
import { verifyGuarded } from './verify-guarded.ts';
import { welcome } from './welcome.ts';

/**
 * The way of a connection, from its first byte to its end:
 *
 *   TLS → startup → route → password → verify → admit → provision → backend → relay → end
 *
 * A step that refuses throws an SqlError; it is recorded, and the client gets it as FATAL.
 */
export interface GatewayDeps extends AdmitDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: AuditSink;
  readonly unknownCallers: RefusalSink;
  /** TLS handshakes under way on this node. */
  readonly handshakes: Turnstile;
  readonly failedLogins: FailedLogins;
  readonly cancelKeys: CancelKeys;
  readonly logger: Logger;
}

/** A login that is done: both sides are ready, and the key that cancels its queries is known. */
interface LoggedIn {
  readonly cluster: ServedCluster;
  readonly client: Channel;
  readonly backend: Backend;
  readonly dbUser: string;
  readonly role: string;
  readonly cancelKey: BackendKeyData;
}

/** The newest protocol that the gateway speaks: 3.2, with long cancel keys. */
const PROTOCOL_MINOR = 2;

/**
 * Serves one connection from accept to end. Never rejects. `ready` is called when the login is done; `ending`
 * ends the session from outside, with an SqlError that the client is told, or without a word.
 */
export async function runSession(
  deps: GatewayDeps,
  route: Route,
  socket: Socket,
  record: SessionRecord,
  ending: AbortController,
  ready: () => void,
): Promise<void> {
  const deadline = new LoginDeadline(socket);
  try {
    const session = await logIn(deps, route, socket, record, deadline, ending);
    deadline.end();
    if (session === undefined) return;
    ready();
    await serve(deps, session, record, ending.signal);
    await record.ended();
  } catch (error) {
    await turnAway(deps, route, record, deadline, error);
  } finally {
    deps.live.leave(record);
    deadline.end();
    deadline.closeServer();
    closeSoon(deadline.client?.socket ?? socket);
    closeSoon(socket);
  }
}

/** A client that does not take its last bytes is cut off after this. */
const LAST_BYTES_MS_MAX = 10_000;

function closeSoon(socket: Socket): void {
  socket.destroySoon();
  const timer = setTimeout(() => socket.destroy(), LAST_BYTES_MS_MAX).unref();
  socket.once('close', () => clearTimeout(timer));
}

/** Undefined for a cancel request, which is done when it has been passed on. */
async function logIn(
  deps: GatewayDeps,
  route: Route,
  socket: Socket,
  record: SessionRecord,
  deadline: LoginDeadline,
  ending: AbortController,
): Promise<LoggedIn | undefined> {
  const handshaking = { context: route.tls(), handshakes: deps.handshakes, address: record.sourceIp };
  const {
    channel: client,
    secure: isSecure,
    serverName,
    packet,
  } = await secure(socket, handshaking, (channel) => {
    deadline.client = channel;
  });
  if (packet.kind === 'cancel') {
    await deps.cancelKeys.cancel(packet, record.sourceIp);
    return undefined;
  }
  record.loginName = packet.user;
  record.isSecure = isSecure;
  const cluster = route.cluster ?? (isSecure ? await route.byName(serverName) : undefined);
  if (cluster !== undefined) record.reached(cluster);
  if (!isSecure || cluster === undefined) {
    throw route.recentRefusals.refusalWithoutTls(record.sourceIp, packet.user);
  }
  const { settings, client: description, isRedshiftDriver } = readClientParameters(packet.parameters);
  const minorVersion = negotiate(client, packet, isRedshiftDriver);
  record.client = description;
  // To PostgreSQL no database means the one named like the user. Resolved once, then compared and used as such.
  const database = packet.database ?? packet.user;
  record.database = database;
  const onServer = (server: Channel): void => deadline.watch(server);
  const attempt = { user: packet.user, database, settings, isRedshiftDriver, onServer };
  const identity = await verifyGuarded(deps, cluster, client, attempt, record.sourceIp);
  const dbUser = noteIdentity(record, identity);
  deps.live.enter(record, (reason) => ending.abort(reason));
  await admit(deps, record);
  const role = await loginRole(cluster, identity, database);
  record.role = role;
  deadline.require();
  const proved = identity.kind === 'password' ? identity.server : undefined;
  const backend = await openBackend(deps, cluster.access, role, attempt, proved);
  record.backendPid = backend.key.processId;
  await record.loggedIn();
  deadline.require();
  requireWanted(ending.signal);
  const cancelKey = deps.cancelKeys.issue(backend.key, cluster.access, minorVersion);
  welcome(client, backend, cancelKey, isRedshiftDriver);
  const { socket: server } = backend.channel;
  record.traffic = () => ({ fromClient: server.bytesWritten, toClient: server.bytesRead });
  return { cluster, client, backend, dbUser, role, cancelKey };
}

function noteIdentity(record: SessionRecord, identity: Identity): string {
  if (identity.kind === 'password') record.proved(identity.dbUser, [], undefined);
  else record.proved(identity.login.dbUser, identity.login.groups, identity.login.credential);
  return identity.kind === 'password' ? identity.dbUser : identity.login.dbUser;
}

/** Throws when the session was ended from outside before it began. */
function requireWanted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason instanceof SqlError ? signal.reason : new ConnectionEnded();
}

/** Never rejects: what breaks a session off is told to the client, and is its end and no refusal of its login. */
async function serve(
  deps: GatewayDeps,
  session: LoggedIn,
  record: SessionRecord,
  signal: AbortSignal,
): Promise<void> {
  const end = (): void => {
    if (!(signal.reason instanceof SqlError)) return;
    record.endedBy = signal.reason;
    void endBackend(session.cluster.access, session, deps.logger);
  };
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  try {
    const rewrite = userDdlRewriter(session.backend, session.dbUser, session.cluster.access);
    await relay({ client: session.client, backend: session.backend.channel, rewrite, signal });
  } catch (error) {
    session.client.end(writeErrorResponse('FATAL', tellable(deps, record, error)));
  } finally {
    signal.removeEventListener('abort', end);
    deps.cancelKeys.drop(session.cancelKey);
    session.backend.channel.destroy();
  }
}

/** The role to log in as: a password user's own; for a temporary login that of its user, or of its groups' session. */
async function loginRole(cluster: ServedCluster, identity: Identity, database: string): Promise<string> {
  if (identity.kind === 'password') {
    requireClientDatabase(database);
    return identity.dbUser;
  }
  const { dbUser, groups, autoCreate } = identity.login;
  const wanted = { dbUser, displayName: identity.loginName, groups, autoCreate, database };
  return (await provision(cluster.access, wanted)).loginRole;
}

/**
 * Redshift drivers offer compression as a protocol option, take silence for a server without it, and the JDBC driver
 * hangs up at the message that would say so. They speak 3.0, so there is nothing else to tell them.
 */
function negotiate(client: Channel, packet: StartupPacket, isRedshiftDriver: boolean): number {
  const { minorVersion, unknownOptions, mustTell } = negotiateProtocol(packet, PROTOCOL_MINOR);
  const isOffer = isRedshiftDriver && minorVersion === packet.minorVersion;
  if (mustTell && !isOffer) client.write(writeNegotiateProtocolVersion({ minorVersion, unknownOptions }));
  return minorVersion;
}

async function turnAway(
  deps: GatewayDeps,
  route: Route,
  record: SessionRecord,
  deadline: LoginDeadline,
  cause: unknown,
): Promise<void> {
  const error = deadline.passed ? timeout() : cause;
  if (error instanceof ConnectionEnded) return;
  const told = await recordRefusal(route, record, tellable(deps, record, error));
  deadline.client?.end(writeErrorResponse('FATAL', told));
}

/**
 * What the client may be told: the refusal, once it is recorded. Whoever named no user, or reached no cluster, tried no
 * login.
 */
async function recordRefusal(route: Route, record: SessionRecord, refusal: SqlError): Promise<SqlError> {
  if (record.loginName === undefined) return refusal;
  const told = !record.hasCluster || (await record.refused(refusal)) ? refusal : internalError(record);
  if (record.isSecure) route.recentRefusals.add(record.sourceIp, record.loginName, told);
  return told;
}

/** The error as it may leave; what is not the client's goes to the log. */
function tellable(deps: GatewayDeps, record: SessionRecord, error: unknown): SqlError {
  if (error instanceof SqlError) return error;
  if (isUnreachable(error)) {
    deps.logger.warn(
      { sessionId: record.sessionId, cause: messageOf(error) },
      'a database server cannot be reached',
    );
    return serverUnreachable();
  }
  deps.logger.error({ sessionId: record.sessionId, cause: messageOf(error), err: error }, 'a session failed');
  return internalError(record);
}

/** As PostgreSQL says it of itself while it starts: clients that try again later try again. */
export function serverUnreachable(): SqlError {
  return new SqlError('57P03', 'the database server of this cluster cannot be reached', {
    hint: 'Try again later; the log of Keyshift and its /health tell more.',
  });
}

const timeout = (): SqlError => new SqlError('57014', 'canceling authentication due to timeout');

/** What leaves for a cause that is not the client's: no word of it, and where to look. */
function internalError(record: SessionRecord): SqlError {
  return new SqlError('XX000', 'the session failed because of an internal error', {
    hint: `The log of Keyshift tells more under session ${record.sessionId}.`,
  });
}
