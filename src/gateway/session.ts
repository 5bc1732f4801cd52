import type { Socket } from 'node:net';
import type { AuditSink, RefusalSink } from '../audit/event.ts';
import type { Clock } from '../core/clock.ts';
import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { LIMITS } from '../core/limits.ts';
import type { Logger } from '../core/logger.ts';
import { cutToBytes } from '../core/names.ts';
import {
  type BackendKeyData,
  negotiateProtocol,
  type StartupPacket,
  writeErrorResponse,
  writeNegotiateProtocolVersion,
} from '../pgwire/index.ts';
import { isTemporaryLoginName } from '../redshift/login-name.ts';
import { type AdmitDeps, admit } from './admit.ts';
import { aloneInDatabase } from './alone-in-database.ts';
import type { Backend } from './backend.ts';
import type { CancelKeys } from './cancel.ts';
import { type Channel, ConnectionEnded } from './channel.ts';
import { transportOf } from './connection-log.ts';
import { endBackend } from './end-backend.ts';
import { LoginDeadline } from './login-deadline.ts';
import { loginRole } from './login-role.ts';
import { obtainBackend } from './obtain-backend.ts';
import { relay } from './relay.ts';
import type { Route, ServedCluster } from './route.ts';
import { secure } from './secure.ts';
import type { SessionRecord } from './session-record.ts';
import { readClientParameters } from './startup-parameters.ts';
import type { StrangerLimits } from './stranger-limits.ts';
import { internalError, tellable } from './tellable.ts';
import { userDdlRewriter } from './user-ddl.ts';
import type { Identity } from './verify.ts';
import { verifyGuarded } from './verify-guarded.ts';
import type { WarmLogin } from './warm-backends.ts';
import { welcome } from './welcome.ts';

/**
 * The way of a connection, from its first byte to its end:
 *
 *   TLS → startup → route → password → verify → admit → provision → backend → relay → end
 *
 * A step that refuses throws an SqlError; it is recorded, and the client gets it as FATAL.
 */
export interface GatewayDeps extends AdmitDeps, StrangerLimits {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly audit: AuditSink;
  readonly unknownCallers: RefusalSink;
  readonly cancelKeys: CancelKeys;
  readonly logger: Logger;
}

/** A login that is done: both sides are ready, and the key that cancels its queries is known. */
interface LoggedIn {
  readonly cluster: ServedCluster;
  readonly client: Channel;
  readonly backend: Backend;
  readonly dbUser: string;
  /** Identifies the role that the backend runs as, under whatever name. */
  readonly roleId: number;
  readonly cancelKey: BackendKeyData;
  /** The login that the backend may serve next; undefined for one that must end with its session. */
  readonly warm: WarmLogin | undefined;
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
  let session: LoggedIn | undefined;
  try {
    session = await logIn(deps, route, socket, record, deadline, ending);
    deadline.end();
    if (session === undefined) return;
    ready();
    deadline.releaseServer();
    await serve(deps, session, record, ending.signal);
  } catch (error) {
    await turnAway(deps, route, record, deadline, error);
  } finally {
    deps.live.leave(record);
    deps.credentialUse.leave(record.sessionId);
    deadline.end();
    deadline.closeServer();
    closeSoon(deadline.client?.socket ?? socket);
    closeSoon(socket);
  }
  if (session !== undefined) await record.ended();
}

/** A client that does not take its last bytes is cut off after this. */
const LAST_BYTES_MS_MAX = 10_000;

function closeSoon(socket: Socket): void {
  if (socket.destroyed) return;
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
  const { source } = record;
  const handshaking = { context: route.tls(), handshakes: deps.handshakes, address: source };
  const {
    channel: client,
    secure: isSecure,
    serverName,
    packet,
  } = await secure(socket, handshaking, (channel) => {
    deadline.client = channel;
  });
  if (packet.kind === 'cancel') {
    await deps.cancelKeys.cancel(packet, source);
    return undefined;
  }
  const user = isTemporaryLoginName(packet.user) ? packet.user : asPostgresReads(packet.user);
  record.loginName = user;
  record.isSecure = isSecure;
  record.transport = transportOf(client.socket);
  const cluster = route.cluster ?? (isSecure ? await route.byName(serverName) : undefined);
  if (cluster !== undefined) record.reached(cluster);
  if (!isSecure || cluster === undefined) {
    throw route.recentRefusals.refusalWithoutTls(record.sourceIp, user);
  }
  const { settings, client: description, isRedshiftDriver } = readClientParameters(packet.parameters);
  const minorVersion = negotiate(client, packet, isRedshiftDriver);
  record.client = description;
  // To PostgreSQL no database means the one named like the user. Resolved once, then compared and used as such.
  const database = asPostgresReads(packet.database ?? user);
  record.database = database;
  const onServer = (server: Channel): void => deadline.watch(server);
  const attempt = { user, database, source, settings, isRedshiftDriver, onServer };
  const identity = await verifyGuarded(deps, cluster, client, attempt);
  const dbUser = noteIdentity(record, identity);
  deps.live.enter(record, (reason) => {
    ending.abort(reason);
    deadline.abandon(reason);
  });
  await admit(deps, record);
  const { role, roleId, warm } = await deadline.forServer(loginRole(deps, cluster, identity, attempt));
  record.role = role;
  deadline.require();
  const proved = identity.kind === 'password' ? identity.server : undefined;
  const obtaining = obtainBackend(deps, cluster, role, attempt, warm, proved);
  const backend = await deadline.forServer(obtaining);
  record.backendPid = backend.key.processId;
  requireWanted(ending.signal);
  await record.loggedIn();
  deadline.require();
  requireWanted(ending.signal);
  const cancelKey = deps.cancelKeys.issue(backend.key, cluster.access, minorVersion);
  welcome(client, backend, cancelKey, isRedshiftDriver);
  record.countTraffic(backend.channel.socket);
  return { cluster, client, backend, dbUser, roleId, cancelKey, warm };
}

/**
 * A name as PostgreSQL reads it in a startup packet, where it takes the beginning of one that is too long. A user has one
 * name, however it is sent: under that it is recorded, counted and revoked.
 */
function asPostgresReads(name: string): string {
  return cutToBytes(name, LIMITS.postgresNameBytesMax);
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

/**
 * Never rejects: what breaks a session off is told to the client, and is its end and no refusal of its login. A backend
 * that has nothing to do at the end goes to the warm ones.
 */
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
  const { cluster, client, backend, warm } = session;
  let isOpen = false;
  try {
    const lookAtUsers = async () => cluster.userLog?.look();
    const ddl = userDdlRewriter(backend, session.dbUser, cluster.access, lookAtUsers);
    const rewrite = aloneInDatabase(ddl, cluster.warm);
    const options = { client, backend: backend.channel, rewrite, signal, leavesOpen: warm !== undefined };
    const relayed = await relay(options);
    isOpen = relayed === 'open';
    if (relayed === 'timed-out') record.timedOut();
  } catch (error) {
    client.end(writeErrorResponse('FATAL', tellable(deps.logger, record.sessionId, error)));
  } finally {
    signal.removeEventListener('abort', end);
    record.stopCounting();
    // A cancel request that is still on its way must not meet another session.
    const wasCanceled = deps.cancelKeys.drop(session.cancelKey);
    if (isOpen && warm !== undefined && !wasCanceled) void cluster.warm.keep(warm, backend);
    else backend.channel.destroy();
  }
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
  const error = deadline.passed ? deadline.refusal : cause;
  if (error instanceof ConnectionEnded) return;
  const told = await recordRefusal(route, record, tellable(deps.logger, record.sessionId, error));
  deadline.client?.end(writeErrorResponse('FATAL', told));
}

/**
 * What the client may be told: the refusal, once it is recorded. Whoever named no user, or reached no cluster, tried no
 * login.
 */
async function recordRefusal(route: Route, record: SessionRecord, refusal: SqlError): Promise<SqlError> {
  if (record.loginName === undefined) return refusal;
  const told =
    !record.hasCluster || (await record.refused(refusal)) ? refusal : internalError(record.sessionId);
  if (record.isSecure) route.recentRefusals.add(record.sourceIp, record.loginName, told);
  return told;
}
