import { randomUUID } from 'node:crypto';
import type { AuditEvent, AuditSink } from '../audit/event.ts';
import type { Clock } from '../core/clock.ts';
import type { SqlError } from '../core/errors.ts';

/** What is known of one connection so far, and its events in the audit log. */
export class SessionRecord {
  readonly sessionId = randomUUID();
  readonly sourceIp: string;
  loginName: string | undefined;
  isSecure = false;
  credentialId: string | undefined;
  database: string | undefined;
  role: string | undefined;
  backendPid: number | undefined;
  client: Readonly<Record<string, string>> = {};
  readonly #deps: { readonly clock: Clock; readonly audit: AuditSink };
  readonly #cluster: { readonly accountId: string; readonly identifier: string };

  constructor(
    deps: { readonly clock: Clock; readonly audit: AuditSink },
    cluster: { readonly accountId: string; readonly identifier: string },
    sourceIp: string,
  ) {
    this.#deps = deps;
    this.#cluster = cluster;
    this.sourceIp = sourceIp;
  }

  /** Records the login, durably, before the client is told that it is in. */
  async loggedIn(): Promise<void> {
    await this.#record('login', 'success', undefined);
  }

  /** Records why nobody got in. Whether it could: then the reason may leave. */
  async refused(error: SqlError): Promise<boolean> {
    try {
      await this.#record('login', error.sqlState.startsWith('XX') ? 'failed' : 'refused', error);
      return true;
    } catch {
      return false;
    }
  }

  /** Records the end of a session. The session is over either way, so a log that fails changes nothing here. */
  async ended(): Promise<void> {
    await this.#record('logout', 'success', undefined).catch(() => {});
  }

  #record(
    kind: 'login' | 'logout',
    outcome: AuditEvent['outcome'],
    error: SqlError | undefined,
  ): Promise<void> {
    return this.#deps.audit.record({
      accountId: this.#cluster.accountId,
      eventId: randomUUID(),
      at: this.#deps.clock.now(),
      kind,
      name: this.loginName ?? '',
      outcome,
      code: error?.sqlState,
      principalArn: undefined,
      sourceIp: this.sourceIp,
      requestId: this.sessionId,
      details: {
        cluster: this.#cluster.identifier,
        database: this.database,
        tls: this.isSecure,
        credentialId: this.credentialId,
        role: this.role,
        backendPid: this.backendPid,
        client: this.client,
        ...(error === undefined ? {} : { reason: error.message, detail: error.detail }),
      },
    });
  }
}
