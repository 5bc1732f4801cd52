import { readFileSync } from 'node:fs';
import type pg from 'pg';

/** What the server says about a user, groups, a database and the session role that would join them. */
export interface ProvisionFacts {
  readonly databaseExists: boolean;
  /** Undefined when the database takes no connections. */
  readonly databaseId: number | undefined;
  readonly account: AccountFacts | undefined;
  readonly groups: readonly GroupFacts[];
  readonly session: SessionFacts | undefined;
  readonly wantedSettings: readonly RoleSettings[];
  /** When the server read its configuration last, in seconds since 1970 by its own clock. */
  readonly configLoadedAt: number;
  /** Which transactions had ended, as PostgreSQL writes a snapshot; on embedded servers `MOMENT`. */
  readonly snapshot: string;
  /** When that was, in seconds since 1970 by the server's clock. */
  readonly at: number;
}

/** Settings that a role has in one database, or (0) in all: `name=value`, sorted by name. */
export interface RoleSettings {
  readonly database: number;
  readonly config: readonly string[];
}

export interface AccountFacts {
  readonly id: number;
  /** See `Provisioned`. */
  readonly loginState: string | null;
  readonly mayLogIn: boolean;
  /** PostgreSQL's own superuser, a role that may replicate, or the administrator itself. */
  readonly powerful: boolean;
  readonly isSessionRole: boolean;
  /** Has what `keyshift_superuser` has. */
  readonly isSuperuser: boolean;
  /** -1 means none. */
  readonly connectionLimit: number;
  /** Of the user and of its session roles; only counted when there is a limit. */
  readonly connections: number;
}

export interface GroupFacts {
  readonly name: string;
  /** Null when there is no role of this name. */
  readonly id: number | null;
  readonly isGroup: boolean | null;
  readonly powerful: boolean | null;
  readonly inherited: boolean;
}

export interface SessionFacts {
  readonly id: number;
  /** See `Provisioned`. */
  readonly loginState: string | null;
  readonly isSessionRole: boolean;
  /** Its comment, see sql/prepare-database.sql. */
  readonly said: { readonly user?: unknown; readonly groups?: unknown; readonly settings?: unknown } | null;
  /** Whether its use was noted lately. */
  readonly fresh: boolean;
  readonly attributesRight: boolean;
  /** Peer: it has none. Cert: none that it had would work. Scram: the one that it has ends in time. */
  readonly passwordRight: boolean;
  readonly membershipsRight: boolean;
  /** Whether they are the wanted ones to the letter. */
  readonly settingsRight: boolean;
  readonly settings: readonly RoleSettings[];
}

export interface FactsQuestion {
  readonly dbUser: string;
  readonly groups: readonly string[];
  readonly database: string;
  readonly sessionRole: string;
  readonly ignoredBackends: readonly number[];
  readonly way: keyof typeof FACTS_SQL;
}

interface Row {
  readonly databaseExists: boolean;
  readonly databaseId: string | null;
  readonly account: AccountFacts | null;
  readonly groups: GroupFacts[];
  readonly session: SessionFacts | null;
  readonly wantedSettings: RoleSettings[];
  readonly configLoadedAt: number;
  readonly snapshot: string;
  readonly at: number;
}

const SNAPSHOT = 'pg_current_snapshot()::text';

/**
 * What stays the same while no transaction ends. The checkpoint is for crashes, which take back transactions that were
 * not on disk yet, as Keyshift's changes of roles: others get their numbers then. Recovery ends with a checkpoint.
 * Source: PostgreSQL 18 manual, "Transaction ID and Snapshot Information Functions" and "Control Data Functions".
 */
export const MOMENT = `${SNAPSHOT} || ' ' || (SELECT checkpoint_lsn::text FROM pg_control_checkpoint())`;

const PUBLIC_FACTS_SQL = readFileSync(new URL('./sql/provision-facts.sql', import.meta.url), 'utf8');
const FACTS_SQL = {
  scram: PUBLIC_FACTS_SQL,
  cert: PUBLIC_FACTS_SQL,
  peer: PUBLIC_FACTS_SQL.replaceAll('FROM pg_roles', 'FROM pg_authid').replace(SNAPSHOT, MOMENT),
};

/** Reads the facts in one query, prepared once for each connection. */
export async function readFacts(
  database: pg.Pool | pg.PoolClient,
  question: FactsQuestion,
): Promise<ProvisionFacts> {
  const result = await database.query<Row>({
    name: 'keyshift-provision-facts',
    text: FACTS_SQL[question.way],
    values: [
      question.dbUser,
      question.groups,
      question.database,
      question.sessionRole,
      question.ignoredBackends,
      question.way,
    ],
  });
  const row = result.rows[0];
  if (row === undefined) throw new Error('the server gave no facts');
  return {
    databaseExists: row.databaseExists,
    databaseId: row.databaseId === null ? undefined : Number(row.databaseId),
    account: row.account ?? undefined,
    groups: row.groups,
    session: row.session ?? undefined,
    wantedSettings: row.wantedSettings,
    configLoadedAt: row.configLoadedAt,
    snapshot: row.snapshot,
    at: row.at,
  };
}
