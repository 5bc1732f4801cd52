import type { Clock } from '../core/clock.ts';
import { endsWithin } from '../core/ends-within.ts';
import { messageOf } from '../core/errors.ts';
import type { ServerAccess } from './server-access.ts';

/**
 * What changes of the users of one embedded server, for STL_USERLOG and the user log. PostgreSQL has no triggers on
 * roles, and a statement in a function or a transaction that is rolled back cannot be told from the outside, so the
 * catalog is looked at: before each statement about users that comes through the gateway, and once a second.
 */
export interface UserEvent {
  readonly action: 'create' | 'alter' | 'drop' | 'rename';
  /** When it was noticed, as ISO 8601. */
  readonly at: string;
  readonly userId: number;
  readonly name: string;
  /** Of a user that was renamed. */
  readonly oldName: string | undefined;
  readonly mayCreateDatabases: boolean;
  readonly isSuperuser: boolean;
  readonly mayUpdateCatalogs: boolean;
  /** As ISO 8601, `infinity` or `-infinity`. */
  readonly validUntil: string | undefined;
  /** The transaction that made the change; undefined for `drop`. */
  readonly xid: number | undefined;
}

/** A user as the catalog has it. */
export interface UserFacts {
  readonly oid: number;
  readonly name: string;
  readonly createdb: boolean;
  readonly superuser: boolean;
  readonly catupd: boolean;
  readonly until: string | null;
  /** Of the transaction that wrote the row last; new after every change. */
  readonly xid: number;
}

/** Between two looks, in milliseconds. A look at which nothing has changed asks for one value, in a scan of the roles. */
const LOOK_GAP_MS = 1_000;
/** For the last look, in milliseconds: a server that hangs must not keep Keyshift from stopping. */
const LAST_LOOK_MS_MAX = 2_000;
/** Users of one server that are looked at; a look costs their number, so far more are not watched. */
const USERS_MAX = 50_000;

/** Changes when a row of a role does; other transactions leave it as it is. */
const STATE = `SELECT count(*) || ' ' || sum(hashtextextended(oid || ' ' || xmin::text, 0)) AS state FROM pg_authid`;
const USERS = `
  SELECT i.oid::bigint::float8 AS oid, i.name::text AS name, i.may_create_databases AS createdb,
    i.is_superuser AS superuser, i.may_update_catalogs AS catupd, a.xmin::text::float8 AS xid,
    CASE WHEN isfinite(a.rolvaliduntil) THEN to_char(a.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
      ELSE a.rolvaliduntil::text END AS until
  FROM keyshift.redshift_identities i JOIN pg_authid a ON a.oid = i.oid
  WHERE i.is_user ORDER BY i.oid LIMIT ${USERS_MAX}`;

export class UserLog {
  readonly #access: ServerAccess;
  readonly #clock: Clock;
  readonly #take: (event: UserEvent) => void;
  #known: ReadonlyMap<number, UserFacts> | undefined;
  #state = '';
  #looking: Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** Begins to watch; `take` is given each change once, in order. */
  constructor(access: ServerAccess, clock: Clock, take: (event: UserEvent) => void) {
    this.#access = access;
    this.#clock = clock;
    this.#take = take;
    this.#looking = this.#lookAndWait();
  }

  /** Notes what has changed until now. Never throws: what cannot be seen now is seen later. */
  look(): Promise<void> {
    if (this.#isClosed) return this.#looking;
    // One after the other: of two looks at a time the older could come last.
    this.#looking = this.#looking.then(() => this.#look());
    return this.#looking;
  }

  /** Looks a last time, if the server answers soon. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const last = this.look();
    this.#isClosed = true;
    await endsWithin(last, LAST_LOOK_MS_MAX);
  }

  async #lookAndWait(): Promise<void> {
    await this.#look();
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#lookAndWait());
    }, LOOK_GAP_MS).unref();
  }

  async #look(): Promise<void> {
    try {
      const home = this.#access.admin(this.#access.home);
      // Before the users, so that what changes between the two is looked at again.
      const state = (await home.query<{ state: string }>(STATE)).rows[0]?.state ?? '';
      if (state === this.#state) return;
      const users = (await home.query<UserFacts>(USERS)).rows;
      const found = new Map(users.map((user) => [user.oid, user]));
      const known = this.#known ?? found;
      this.#state = state;
      this.#known = found;
      for (const event of userEvents(known, found, this.#clock.now())) this.#take(event);
    } catch (error) {
      this.#access.logger.debug({ reason: messageOf(error) }, 'the users of a cluster cannot be looked at');
    }
  }
}

/** What happened between two looks. Changes of one user in one transaction, or in one second, are one. */
export function userEvents(
  before: ReadonlyMap<number, UserFacts>,
  after: ReadonlyMap<number, UserFacts>,
  at: Date,
): readonly UserEvent[] {
  const event = (action: UserEvent['action'], user: UserFacts, oldName?: string): UserEvent => ({
    action,
    at: at.toISOString(),
    userId: user.oid,
    name: user.name,
    oldName,
    mayCreateDatabases: user.createdb,
    isSuperuser: user.superuser,
    mayUpdateCatalogs: user.catupd,
    validUntil: user.until ?? undefined,
    xid: action === 'drop' ? undefined : user.xid,
  });
  const dropped = [...before.values()]
    .filter(({ oid }) => !after.has(oid))
    .map((user) => event('drop', user));
  const others = [...after.values()].flatMap((user) => {
    const old = before.get(user.oid);
    if (old === undefined) return [event('create', user)];
    const changes = old.name === user.name ? [] : [event('rename', user, old.name)];
    if (isAltered(old, user)) changes.push(event('alter', user));
    return changes;
  });
  return [...dropped, ...others];
}

/** A row that is new although all that one sees of it is the same has another password, or another limit. */
function isAltered(old: UserFacts, user: UserFacts): boolean {
  const looksTheSame =
    old.createdb === user.createdb &&
    old.superuser === user.superuser &&
    old.catupd === user.catupd &&
    old.until === user.until;
  return !looksTheSame || (old.xid !== user.xid && old.name === user.name);
}
