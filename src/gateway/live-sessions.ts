import { SqlError } from '../core/errors.ts';
import type { Revocable, Revocation } from '../redshift/revocations.ts';
import type { SessionRecord } from './session-record.ts';

/** The sessions of this node, from the moment that a client has proved who it is until its end: who is in, and who must go. */

interface Live {
  readonly record: SessionRecord;
  /** Ends it, with what the client is told. A second call changes nothing. */
  readonly end: (reason: SqlError) => void;
}

export class LiveSessions {
  readonly #live = new Map<string, Live>();

  /** Takes a session in. From here on it can be ended. */
  enter(record: SessionRecord, end: (reason: SqlError) => void): void {
    this.#live.set(record.sessionId, { record, end });
  }

  leave(record: SessionRecord): void {
    this.#live.delete(record.sessionId);
  }

  list(): SessionRecord[] {
    return [...this.#live.values()].map(({ record }) => record);
  }

  /** Ends the session of that id, if it is of that account. */
  kill(accountId: string, sessionId: string, reason: string): boolean {
    const live = this.#live.get(sessionId);
    if (live === undefined || live.record.accountId !== accountId) return false;
    live.end(ended('the session was ended by an administrator', reason));
    return true;
  }

  /** Ends the session of a cluster whose backend that is, if there is one. */
  endBackend(accountId: string, cluster: string, pid: number, reason: SqlError): void {
    for (const { record, end } of this.#live.values()) {
      const isIt = record.accountId === accountId && record.cluster === cluster && record.backendPid === pid;
      if (isIt) end(reason);
    }
  }

  /** Ends every session that `revocationOf` finds an entry for. Gives how many. */
  endRevoked(revocationOf: (subject: Revocable) => Revocation | undefined): number {
    let count = 0;
    for (const { record, end } of this.#live.values()) {
      const subject = record.revocable;
      const found = subject === undefined ? undefined : revocationOf(subject);
      if (found === undefined) continue;
      end(ended('the access of this session was revoked', found.reason));
      count++;
    }
    return count;
  }

  /** Ends the sessions whose time is over. */
  endOverdue(now: Date): void {
    for (const { record, end } of this.#live.values()) {
      const { deadline } = record;
      if (deadline === undefined || now < deadline.at) continue;
      end(ended(deadline.why, undefined));
    }
  }
}

/** As PostgreSQL ends a session on an administrator's word (57P01): drivers know that the connection is gone. */
function ended(why: string, reason: string | undefined): SqlError {
  return new SqlError('57P01', `terminating connection: ${why}`, {
    detail: reason === undefined || reason === '' ? undefined : `Reason: ${reason}`,
  });
}
