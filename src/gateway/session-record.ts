import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { AuditEvent, AuditSink, RefusalSink } from '../audit/event.ts';
import { sourceOf } from '../core/addresses.ts';
import type { Clock } from '../core/clock.ts';
import type { SqlError } from '../core/errors.ts';
import type { Credential } from '../redshift/credential.ts';
import type { Revocable } from '../redshift/revocations.ts';
import { type ConnectionEventName, connectionEvent, type Transport } from './connection-log.ts';
import { IDLE_TIMEOUT } from './idle-sessions.ts';
import type { ServedCluster } from './route.ts';

/** When a session must end, and the words for it. */
interface SessionDeadline {
  readonly at: Date;
  readonly why: string;
}

/** Bytes of a session so far, in PostgreSQL's protocol without TLS. */
export interface Traffic {
  readonly fromClient: number;
  readonly toClient: number;
}

interface RecordDeps {
  readonly clock: Clock;
  readonly audit: AuditSink;
  readonly unknownCallers: RefusalSink;
}

/** The cluster that a connection is for. */
interface ReachedCluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly note: ServedCluster['note'];
}

/** What is known of one connection so far, and its events in the audit log. */
export class SessionRecord {
  readonly sessionId = randomUUID();
  /** Of the cluster, from `reached` on. */
  accountId = '';
  /** Identifier of the cluster, from `reached` on. */
  cluster = '';
  readonly sourceIp: string;
  /** What the address counts as where clients are limited. */
  readonly source: string;
  loginName: string | undefined;
  isSecure = false;
  /** Of a temporary login, once it is verified. */
  credential: Credential | undefined;
  /** Of a client that has proved who it is, and since when. */
  dbUser: string | undefined;
  groups: readonly string[] = [];
  since: Date | undefined;
  database: string | undefined;
  role: string | undefined;
  backendPid: number | undefined;
  transport: Transport | undefined;
  client: Readonly<Record<string, string>> = {};
  traffic: () => Traffic = () => ({ fromClient: 0, toClient: 0 });
  /** Why it was ended from outside. */
  endedBy: SqlError | undefined;
  readonly #deps: RecordDeps;
  #served: ReachedCluster | undefined;

  constructor(deps: RecordDeps, sourceIp: string) {
    this.#deps = deps;
    this.sourceIp = sourceIp;
    this.source = sourceOf(sourceIp);
  }

  /** Notes which cluster the connection is for: only then there is a log that its events can be in. */
  reached(cluster: ReachedCluster): void {
    this.#served = cluster;
    this.accountId = cluster.accountId;
    this.cluster = cluster.identifier;
  }

  get hasCluster(): boolean {
    return this.cluster !== '';
  }

  get credentialId(): string | undefined {
    return this.credential?.credentialId;
  }

  /** What a revocation looks at; undefined until the client has proved who it is. */
  get revocable(): Revocable | undefined {
    const { accountId, cluster, dbUser, credential, since } = this;
    if (dbUser === undefined || since === undefined) return undefined;
    return { accountId, cluster, dbUser, credential, issuedAt: credential?.issuedAt ?? since };
  }

  get deadline(): SessionDeadline | undefined {
    const { credential, since } = this;
    if (credential === undefined || since === undefined) return undefined;
    const { sessionSeconds } = credential.limits;
    const byTime =
      sessionSeconds === undefined
        ? undefined
        : {
            at: new Date(since.getTime() + sessionSeconds * 1000),
            why: `its credentials allow sessions of ${sessionSeconds} seconds`,
          };
    if (!credential.endsSessions || (byTime !== undefined && byTime.at < credential.expiresAt)) return byTime;
    return { at: credential.expiresAt, why: 'its credentials have expired' };
  }

  /** Notes that the client has proved to be `dbUser`. */
  proved(dbUser: string, groups: readonly string[], credential: Credential | undefined): void {
    this.dbUser = dbUser;
    this.groups = groups;
    this.credential = credential;
    this.since = this.#deps.clock.now();
  }

  /** Counts what passes from now on: a warm backend's connection has moved more, for the sessions before. */
  countTraffic(server: Socket): void {
    const { bytesWritten, bytesRead } = server;
    this.traffic = () => ({
      fromClient: server.bytesWritten - bytesWritten,
      toClient: server.bytesRead - bytesRead,
    });
  }

  /** What the connection moves from now on is not the session's. */
  stopCounting(): void {
    const moved = this.traffic();
    this.traffic = () => moved;
  }

  /** Records the login, durably, before the client is told that it is in. */
  async loggedIn(): Promise<void> {
    await this.#record('login', 'success', undefined);
    this.#log('authenticated');
    this.#log('initiating session');
  }

  /** Records why nobody got in. Whether it could: then the reason may leave. */
  async refused(error: SqlError): Promise<boolean> {
    try {
      const outcome = error.sqlState.startsWith('XX') ? 'failed' : 'refused';
      const event = this.#event('login', outcome, error, {}, this.loginName ?? '');
      if (this.dbUser === undefined && outcome === 'refused') await this.#deps.unknownCallers.refused(event);
      else await this.#deps.audit.record(event);
      this.#log('authentication failure');
      return true;
    } catch {
      return false;
    }
  }

  /** Notes that the server ends the session because it was idle for too long. */
  timedOut(): void {
    this.endedBy ??= IDLE_TIMEOUT;
  }

  /** Records the end of a session. The session is over either way, so a log that fails changes nothing here. */
  async ended(): Promise<void> {
    this.#log('disconnecting session');
    const event = this.#event('logout', 'success', this.endedBy, this.traffic(), this.loginName ?? '');
    await this.#deps.audit.record(event, true).catch(() => {});
  }

  /** Records something that somebody should look at. */
  async alarm(what: string, facts: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#record('alarm', 'success', undefined, { loginName: this.loginName, ...facts }, what);
  }

  #log(event: ConnectionEventName): void {
    const now = this.#deps.clock.now();
    const duration = event === 'disconnecting session' ? now.getTime() - (this.since ?? now).getTime() : 0;
    this.#served?.note('connections', connectionEvent(this, event, now, duration));
  }

  #record(
    kind: AuditEvent['kind'],
    outcome: AuditEvent['outcome'],
    error: SqlError | undefined,
    more: object = {},
    name = this.loginName ?? '',
  ): Promise<void> {
    return this.#deps.audit.record(this.#event(kind, outcome, error, more, name));
  }

  #event(
    kind: AuditEvent['kind'],
    outcome: AuditEvent['outcome'],
    error: SqlError | undefined,
    more: object,
    name: string,
  ): AuditEvent {
    return {
      accountId: this.accountId,
      eventId: randomUUID(),
      at: this.#deps.clock.now(),
      kind,
      name,
      outcome,
      code: error?.sqlState,
      principalArn: undefined,
      sourceIp: this.sourceIp,
      requestId: this.sessionId,
      details: {
        cluster: this.cluster,
        database: this.database,
        tls: this.isSecure,
        credentialId: this.credentialId,
        role: this.role,
        backendPid: this.backendPid,
        client: this.client,
        ...more,
        ...(error === undefined ? {} : { reason: error.message, detail: error.detail }),
      },
    };
  }
}
