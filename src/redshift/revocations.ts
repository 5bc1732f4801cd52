import { randomUUID } from 'node:crypto';
import { AwsError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Store } from '../store/database.ts';
import { type Credential, issuerTag } from './credential.ts';

/** What a revocation is about: one credential, an issuer, a database user, or all credentials of a time. */
type RevocationKind = 'credential' | 'principal' | 'role' | 'db-user' | 'all';

export interface NewRevocation {
  readonly accountId: string;
  readonly kind: RevocationKind;
  /** Credential id, ARN or name; empty for `all`. */
  readonly subject: string;
  /** Undefined for every cluster of the account. */
  readonly cluster: string | undefined;
  /** Credentials that were issued at this instant or later are not meant. */
  readonly issuedBefore: Date;
  readonly reason: string;
  readonly revokedBy: string;
}

export interface Revocation extends NewRevocation {
  readonly revocationId: string;
  /** From then on every credential that it can be about has expired. */
  readonly endsAt: Date;
}

/** A login or a session, as far as a revocation looks at it. */
export interface Revocable {
  readonly accountId: string;
  readonly cluster: string;
  readonly dbUser: string;
  /** Undefined for a session with a password. */
  readonly credential: Pick<Credential, 'credentialId' | 'principalTag' | 'roleTag'> | undefined;
  /** Of the credential; of a session with a password the time of its login. */
  readonly issuedAt: Date;
}

/** Entries of one account. Each is good for an hour at most; who needs more revokes by time. */
const REVOCATIONS_MAX = 10_000;
/** A list that was looked at longer ago is not believed: the promise is that an entry works within two seconds. */
const AGE_MS_MAX = 1_500;

interface Row {
  account_id: string;
  revocation_id: string;
  kind: RevocationKind;
  subject: string;
  cluster: string | null;
  issued_before: Date;
  ends_at: Date;
  reason: string;
  revoked_by: string;
}

/**
 * The revocations of all accounts, held in memory and looked at again every second, so that they hold within two
 * seconds even where notifications are lost. INVARIANT: a login is never judged by a list that is older than that;
 * when the store cannot be asked, it is not judged at all.
 */
export class Revocations {
  readonly #store: Store;
  /** A clock that only goes forward, in milliseconds. */
  readonly #monotonicMs: () => number;
  #index: ReadonlyMap<string, readonly Revocation[]> = new Map();
  #mark = '';
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #changed: () => void = () => {};

  constructor(store: Store, monotonicMs: () => number = () => performance.now()) {
    this.#store = store;
    this.#monotonicMs = monotonicMs;
  }

  /** `changed` is told whenever the list is another one. */
  onChange(changed: () => void): void {
    this.#changed = changed;
  }

  /** The entry that refuses `subject`, or undefined. Rejects when the list cannot be known. */
  async check(subject: Revocable): Promise<Revocation | undefined> {
    if (this.#monotonicMs() - this.#lookedAtMs > AGE_MS_MAX) await this.look();
    return this.find(subject);
  }

  /** The same by the list as it is in memory, for sessions that are open. */
  find(subject: Revocable): Revocation | undefined {
    for (const key of keysOf(subject)) {
      const found = this.#index.get(key)?.find((entry) => isAbout(entry, subject));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Looks whether the list has changed in the store. One look at a time, shared by all who wait for one. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** Looks again after a change that is known to be in the store. */
  async lookAnew(): Promise<void> {
    // One that is under way may have begun before the change.
    await this.#looking?.catch(() => {});
    await this.look();
  }

  /** Adds an entry, durably. Throws LimitExceeded when the account has too many. */
  async add(revocation: NewRevocation, now: Date): Promise<Revocation> {
    const entry: Revocation = {
      ...revocation,
      revocationId: randomUUID(),
      endsAt: endOf(revocation, now),
    };
    await this.#store.transaction(async (database) => {
      await database.query('DELETE FROM keyshift.revocations WHERE ends_at <= $1', [now]);
      const [row] = await database.query<{ count: number }>(
        'SELECT count(*)::int AS count FROM keyshift.revocations WHERE account_id = $1',
        [entry.accountId],
      );
      if ((row?.count ?? 0) >= REVOCATIONS_MAX) throw tooMany();
      await database.query(INSERT, [
        entry.accountId,
        entry.revocationId,
        entry.kind,
        entry.subject,
        entry.cluster ?? null,
        entry.issuedBefore,
        entry.endsAt,
        entry.reason,
        entry.revokedBy,
        now,
      ]);
    });
    return entry;
  }

  /** The entries of an account that still matter, the newest first. */
  async list(accountId: string, now: Date): Promise<Revocation[]> {
    const rows = await this.#store.query<Row>(
      'SELECT * FROM keyshift.revocations WHERE account_id = $1 AND ends_at > $2 ORDER BY sequence DESC',
      [accountId, now],
    );
    return rows.map(fromRow);
  }

  async #look(): Promise<void> {
    const asOf = this.#monotonicMs();
    const [found] = await this.#store.query<{ mark: string }>(MARK, [], 'keyshift-revocations-mark');
    const mark = found?.mark ?? '';
    if (mark !== this.#mark) {
      // Read after the mark: what comes in between is seen again at the next look.
      this.#index = indexed(
        (await this.#store.query<Row>('SELECT * FROM keyshift.revocations')).map(fromRow),
      );
      this.#mark = mark;
      this.#lookedAtMs = asOf;
      this.#changed();
    }
    this.#lookedAtMs = asOf;
  }
}

/**
 * Another one for each set of entries. Numbers are given out in order and may become visible in another one, while old
 * entries go: how many there are, and the first and the last, may stay the same.
 */
const MARK = `SELECT count(*) || '/' || coalesce(sum(hashint8extended(sequence, 0)::numeric), 0) AS mark
  FROM keyshift.revocations`;

const INSERT = `
  INSERT INTO keyshift.revocations (account_id, revocation_id, kind, subject, cluster, issued_before, ends_at,
                                    reason, revoked_by, revoked_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

/** An entry about credentials that have all expired is kept so long: every node must see it, for its sessions. */
const KEPT_MS_MIN = 60_000;

/** The last credential that can be meant expires so long after its issue; of a single one that is not known. */
function endOf({ kind, issuedBefore }: NewRevocation, now: Date): Date {
  const last = kind === 'credential' ? now : issuedBefore;
  const expired = last.getTime() + LIMITS.credentialSecondsMax * 1000;
  return new Date(Math.max(expired, now.getTime() + KEPT_MS_MIN));
}

function indexed(entries: readonly Revocation[]): Map<string, Revocation[]> {
  const index = new Map<string, Revocation[]>();
  for (const entry of entries) {
    const key = keyOf(entry.accountId, entry.kind, subjectKey(entry));
    const list = index.get(key);
    if (list === undefined) index.set(key, [entry]);
    else list.push(entry);
  }
  return index;
}

/** Credentials know their issuers only by tag. */
function subjectKey({ kind, subject }: Revocation): string {
  return kind === 'principal' || kind === 'role' ? issuerTag(subject) : subject;
}

function keysOf({ accountId, credential, dbUser }: Revocable): string[] {
  const keys = [keyOf(accountId, 'db-user', dbUser)];
  if (credential === undefined) return keys;
  keys.push(
    keyOf(accountId, 'credential', credential.credentialId),
    keyOf(accountId, 'principal', credential.principalTag),
    keyOf(accountId, 'all', ''),
  );
  if (credential.roleTag !== '') keys.push(keyOf(accountId, 'role', credential.roleTag));
  return keys;
}

const keyOf = (accountId: string, kind: RevocationKind, value: string): string =>
  `${accountId}/${kind}/${value}`;

function isAbout({ cluster, issuedBefore }: Revocation, subject: Revocable): boolean {
  return (cluster === undefined || cluster === subject.cluster) && subject.issuedAt < issuedBefore;
}

function fromRow(row: Row): Revocation {
  return {
    accountId: row.account_id,
    revocationId: row.revocation_id,
    kind: row.kind,
    subject: row.subject,
    cluster: row.cluster ?? undefined,
    issuedBefore: row.issued_before,
    endsAt: row.ends_at,
    reason: row.reason,
    revokedBy: row.revoked_by,
  };
}

function tooMany(): AwsError {
  return new AwsError(
    'LimitExceeded',
    409,
    `There are ${REVOCATIONS_MAX} revocations already: revoke everything that was issued before a time instead.`,
  );
}
