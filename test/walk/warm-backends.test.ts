import type { Duplex } from 'node:stream';
import fc from 'fast-check';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXAMPLE } from '../../src/example.ts';
import { writeParse, writeQuery, writeTerminate } from '../../src/pgwire/index.ts';
import { ADMIN_ROLE } from '../../src/postgres/embedded.ts';
import { must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login, logIn, loginRefusal, type Target } from './support/logins.ts';
import { ServerAdmin } from './support/server-admin.ts';

/** A session on a backend that another session has used finds nothing of it, or gets another backend. */

let keyshift: Keyshift;
let admin: ServerAdmin;
let login: Login;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  admin = await ServerAdmin.open(keyshift);
  login = await issue(keyshift, { dbGroups: [EXAMPLE.dbGroup] });
  await admin.query('CREATE SEQUENCE public.counter; GRANT USAGE ON SEQUENCE public.counter TO PUBLIC');
}, 120_000);

afterAll(async () => {
  await admin?.close();
  await keyshift?.close();
});

/** Everything of a session that another one could have left behind, as the session itself can find it. */
const FINGERPRINT: Readonly<Record<string, string>> = {
  settings: `SELECT json_agg(json_build_array(name, setting, reset_val, source) ORDER BY name) FROM pg_settings
             WHERE name NOT LIKE 'plpgsql.%'`,
  placeholder: `SELECT current_setting('app.tenant', true)`,
  roles: `SELECT json_build_array(session_user, current_user, current_setting('role'))`,
  logical: 'SELECT json_build_array(keyshift.session_user_name(), keyshift.session_groups())',
  prepared: 'SELECT count(*)::int FROM pg_prepared_statements',
  cursors: 'SELECT count(*)::int FROM pg_cursors',
  channels: 'SELECT count(*)::int FROM pg_listening_channels()',
  locks: `SELECT count(*)::int FROM pg_locks WHERE pid = pg_backend_pid() AND locktype IN ('advisory', 'userlock')`,
  temporary: 'SELECT pg_my_temp_schema()::int',
  modules: `SELECT count(*)::int FROM pg_get_loaded_modules() WHERE file_name <> 'plpgsql.so'`,
  sequences: 'SELECT lastval()',
  currval: `SELECT currval('public.counter')`,
  descriptor: 'SELECT lo_close(0)',
  portal: 'FETCH 1 FROM kept',
  statement: 'EXECUTE kept',
  table: 'SELECT * FROM kept_table',
  text: `SELECT query LIKE '%previous%' FROM pg_stat_activity WHERE pid = pg_backend_pid() AND query NOT LIKE '%pg_stat%'`,
  transaction: `SELECT json_build_array(current_setting('transaction_isolation'), current_setting('transaction_read_only'),
                now() = statement_timestamp(), pg_current_xact_id_if_assigned())`,
};

async function fingerprint(client: Client): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(FINGERPRINT)) {
    const answer = await client.query<Record<string, unknown>>(sql).catch((error: unknown) => error);
    found[name] =
      answer instanceof Error ? answer.message : (answer as { rows: Record<string, unknown>[] }).rows;
  }
  return found;
}

async function pidOf(client: Client): Promise<number> {
  return (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid ?? 0;
}

const DEADLINE_MS = 60_000;

async function until(isDone: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  while (!(await isDone())) {
    if (deadline.aborted) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

interface Seen {
  readonly query: string;
  readonly state: string;
}

async function seen(pid: number): Promise<Seen | undefined> {
  return (await admin.query<Seen>('SELECT query, state FROM pg_stat_activity WHERE pid = $1', [pid]))[0];
}

/** Waits until a session's backend has ended, or was reset. */
async function settled(pid: number): Promise<'gone' | 'reset'> {
  let outcome: 'gone' | 'reset' | undefined;
  await until(async () => {
    const activity = await seen(pid);
    if (activity === undefined) outcome = 'gone';
    else if (activity.query.includes('prove_reset') && activity.state === 'idle') outcome = 'reset';
    return outcome !== undefined;
  });
  return outcome ?? 'gone';
}

const gone = (pid: number): Promise<void> => until(async () => (await seen(pid)) === undefined);

/** Logs in and out until the next login gets the backend of the one before. */
async function warmUp(who: Login = login, target: Target = {}): Promise<number> {
  let last = 0;
  await until(async () => {
    const client = await logIn(keyshift, who, target);
    const pid = await pidOf(client);
    await client.end();
    const isWarm = pid === last;
    last = (await settled(pid)) === 'reset' ? pid : 0;
    return isWarm;
  });
  return last;
}

/** A session on a warm backend. One may grow old before a login on a busy machine; then it is tried again. */
async function warmSession(): Promise<{ readonly client: Client; readonly pid: number }> {
  const deadline = AbortSignal.timeout(DEADLINE_MS);
  for (;;) {
    const warm = await warmUp();
    const client = await logIn(keyshift, login);
    const pid = await pidOf(client);
    if (pid === warm) return { client, pid };
    if (deadline.aborted) throw new Error('no session got a warm backend');
    await client.end();
    await settled(pid);
  }
}

/** The backends of a session that does `work` on a warm backend, and of the one after it. */
async function twoSessions(
  work: (client: Client) => Promise<unknown>,
): Promise<{ isWarm: boolean; found: Record<string, unknown> }> {
  const { client: first, pid } = await warmSession();
  await work(first);
  await first.end();
  await settled(pid);
  const second = await logIn(keyshift, login);
  const found = await fingerprint(second);
  const next = await pidOf(second);
  await second.end();
  await settled(next);
  return { isWarm: next === pid, found };
}

/** Gives each statement in one of the two protocols. */
const WAYS: readonly (readonly [string, (client: Client, sql: string) => Promise<unknown>])[] = [
  ['simple', (client, sql) => client.query(sql)],
  ['extended', (client, sql) => client.query({ text: sql, name: `s${sql.length}`, values: [] })],
];

/** What DISCARD ALL undoes: the backend is used again. */
const UNDONE: readonly (readonly [string, readonly string[]])[] = [
  ['nothing at all', []],
  ['a table that was read', ['SELECT count(*) AS previous FROM example.sales']],
  ['settings', ["SET work_mem = '7MB'", 'SET default_transaction_isolation = serializable']],
  ['settings that the server reports', ["SET TimeZone = 'Asia/Tokyo'", "SET application_name = 'previous'"]],
  ['the encoding', ["SET client_encoding = 'SQL_ASCII'"]],
  ['the search path', ['SET search_path = example, pg_catalog']],
  ['characteristics of transactions', ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY']],
  ['SET ROLE', [`SET ROLE ${EXAMPLE.dbUser}`]],
  ['prepared statements', ["PREPARE kept AS SELECT 'previous'"]],
  ['an advisory lock', ['SELECT pg_advisory_lock(4711)', 'SELECT pg_advisory_lock_shared(1, 2)']],
  ['LISTEN', ['LISTEN channel', "NOTIFY channel, 'previous'"]],
  ['a sequence', ["SELECT nextval('public.counter')"]],
  ['a cursor with hold', ["DECLARE kept CURSOR WITH HOLD FOR SELECT 'previous' FROM generate_series(1, 5)"]],
  ['the seed of random()', ['SELECT setseed(0.5)']],
  ['a procedural language', ['DO $$ BEGIN PERFORM 1; END $$']],
  ['a transaction that was rolled back', ['BEGIN', 'CREATE TABLE public.undone (a int)', 'ROLLBACK']],
  ['a large object', ['BEGIN', 'SELECT lo_open(lo_creat(-1), 131072)', 'ROLLBACK']],
  ['a statement that failed', ['DO $$ BEGIN RAISE NOTICE $n$previous$n$; END $$']],
];

/** What stays in a process for good: another backend is used. */
const STAYS: readonly (readonly [string, readonly string[]])[] = [
  ['a setting with a dot', ["SET app.tenant = 'previous'"]],
  ['one that was set in a function', ["SELECT set_config('app.tenant', 'previous', false)"]],
  ['one that was set for a transaction', ['BEGIN', "SET LOCAL app.tenant = 'previous'", 'COMMIT']],
  ['one that was set in a transaction that failed', ['BEGIN', "SET app.tenant = '1'", 'ROLLBACK']],
  ['a temporary table', ["CREATE TEMPORARY TABLE kept_table AS SELECT 'previous'"]],
  ['a temporary function', ["CREATE FUNCTION pg_temp.kept() RETURNS text LANGUAGE sql AS $$ SELECT '' $$"]],
  ['an encoding that needs a library', ["SET client_encoding = 'LATIN1'"]],
  ['a library', ["SELECT to_tsvector('english', 'previous')"]],
];

/** What else a session may do, to be mixed with the above. */
const OTHERS = [
  'SELECT 1/0',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'SAVEPOINT here',
  'DISCARD ALL',
  'RESET ALL',
  'UNLISTEN *',
];

const RUNS = Number(process.env['KEYSHIFT_WARM_RUNS'] ?? 12);

describe('a session with the backend of another', () => {
  let cold: Record<string, unknown>;

  beforeAll(async () => {
    const client = await logIn(keyshift, login);
    cold = await fingerprint(client);
    await client.end();
  });

  for (const [protocol, run] of WAYS) {
    test.each(UNDONE)(`finds nothing of %s (${protocol} protocol)`, async (_title, statements) => {
      // The backend may grow old before the next login on a busy machine; then it is tried again.
      await until(async () => {
        const { isWarm, found } = await twoSessions(async (client) => {
          for (const sql of statements) await run(client, sql);
        });
        expect(found).toEqual(cold);
        return isWarm;
      });
    });

    test.each(STAYS)(`is never one of %s (${protocol} protocol)`, async (_title, statements) => {
      const { isWarm, found } = await twoSessions(async (client) => {
        for (const sql of statements) await run(client, sql);
      });
      expect(found).toEqual(cold);
      expect(isWarm).toBe(false);
    });
  }

  test('finds nothing of sessions that did many things, whatever became of them', async () => {
    const statements = [...UNDONE, ...STAYS].flatMap(([, some]) => some).concat(OTHERS);
    const statement = fc.record({ sql: fc.constantFrom(...statements), way: fc.constantFrom(...WAYS) });
    await fc.assert(
      fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 8 }), async (some) => {
        const { found } = await twoSessions(async (client) => {
          // A statement may fail where another was before it.
          for (const { sql, way } of some) await way[1](client, sql).catch(() => {});
        });
        expect(found).toEqual(cold);
      }),
      { numRuns: RUNS },
    );
  });

  test('gets random numbers that the one before cannot have foreseen', async () => {
    const numbers = new Set<number>();
    for (let round = 0; round < 3; round++) {
      await warmUp();
      const first = await logIn(keyshift, login);
      await first.query('SELECT setseed(0.5)');
      await first.end();
      const second = await logIn(keyshift, login);
      const answer = await second.query<{ random: number }>('SELECT random()');
      numbers.add(answer.rows[0]?.random ?? 0);
      await second.end();
    }
    expect(numbers.size).toBe(3);
    expect(numbers.has(0.9851677175347999)).toBe(false);
  });

  test('has a cancel key of its own, and the key of the one before does nothing', async () => {
    const key = (client: Client): unknown => (client as unknown as { secretKey: unknown }).secretKey;
    await warmUp();
    const first = await logIn(keyshift, login);
    const before = key(first);
    await first.end();
    const second = await logIn(keyshift, login);
    expect(key(second)).not.toEqual(before);
    await second.end();
  });
});

/** The socket below a client, to say what no client would. */
const wire = (client: Client): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream;

/** Ends of sessions after which nobody knows what the backend would do next. */
const DIRTY: readonly (readonly [string, (client: Client) => Promise<unknown>])[] = [
  ['in a transaction', (client) => client.query('BEGIN')],
  [
    'in a transaction that failed',
    (client) => client.query('BEGIN').then(() => client.query('SELECT 1/0').catch(() => {})),
  ],
  [
    'with questions that were not answered',
    async (client) =>
      wire(client).write(Buffer.concat([writeQuery('SELECT 1'), writeQuery('SELECT pg_sleep(0.1)')])),
  ],
  [
    'with a message that waits for Sync',
    async (client) =>
      wire(client).write(writeParse({ name: 'left', sql: 'SELECT 1', rest: Buffer.of(0, 0) })),
  ],
  [
    'in the middle of COPY',
    async (client) =>
      wire(client).write(writeQuery('COPY (SELECT 1) TO STDOUT; COPY public.taken FROM STDIN')),
  ],
  [
    'in the middle of a result',
    async (client) => wire(client).write(writeQuery('SELECT generate_series(1, 300000)')),
  ],
];

describe('a backend is not used again', () => {
  beforeAll(() => admin.query('CREATE TABLE public.taken (a text); GRANT INSERT ON public.taken TO PUBLIC'));

  test.each(DIRTY)('when its session ended %s', async (_title, work) => {
    const { client, pid } = await warmSession();
    await work(client);
    wire(client).write(writeTerminate());
    wire(client).on('data', () => {});
    await gone(pid);
  });

  test('when its client went without a word', async () => {
    const { client, pid } = await warmSession();
    wire(client).destroy();
    await gone(pid);
  });

  test('when its client closed one direction first', async () => {
    const { client, pid } = await warmSession();
    wire(client).end();
    await gone(pid);
  });

  test('when the server ended its session', async () => {
    const { client, pid } = await warmSession();
    await admin.query('SELECT pg_terminate_backend($1)', [pid]);
    await gone(pid);
    await client.end();
  });

  test('by another user, in another database, with other groups or settings', async () => {
    const pid = await warmUp();
    const others: (readonly [Login, Target])[] = [
      [await issue(keyshift), {}],
      [login, { options: '-c work_mem=5MB' }],
      [await issue(keyshift, { dbUser: EXAMPLE.masterUsername }), {}],
    ];
    for (const [who, target] of others) {
      const client = await logIn(keyshift, who, target);
      expect(await pidOf(client)).not.toBe(pid);
      await client.end();
    }
  });
});

/** What is changed while a backend is idle, what undoes it, and how the next login is refused, if it is. */
interface Change {
  readonly title: string;
  readonly change: string;
  readonly undo: string;
  readonly refused?: string;
}

const CHANGES: readonly Change[] = [
  {
    title: 'a setting of the user',
    change: `ALTER ROLE ${EXAMPLE.dbUser} SET work_mem = '9MB'`,
    undo: `ALTER ROLE ${EXAMPLE.dbUser} RESET work_mem`,
  },
  {
    title: 'a setting of the database',
    change: `ALTER DATABASE ${EXAMPLE.database} SET work_mem = '9MB'`,
    undo: `ALTER DATABASE ${EXAMPLE.database} RESET work_mem`,
  },
  {
    title: 'a setting of all roles',
    change: "ALTER ROLE ALL SET work_mem = '9MB'",
    undo: 'ALTER ROLE ALL RESET work_mem',
  },
  {
    title: 'the configuration, read again',
    change: 'SELECT pg_reload_conf()',
    undo: 'SELECT pg_reload_conf()',
  },
  {
    title: 'a limit of the role',
    change: `ALTER ROLE ${EXAMPLE.dbUser} CONNECTION LIMIT 1`,
    undo: `ALTER ROLE ${EXAMPLE.dbUser} CONNECTION LIMIT -1`,
  },
  {
    title: 'the right to log in',
    change: `ALTER ROLE ${EXAMPLE.dbUser} NOLOGIN`,
    undo: `ALTER ROLE ${EXAMPLE.dbUser} LOGIN`,
    refused: '28000',
  },
  {
    title: 'the right to connect',
    change: `REVOKE CONNECT ON DATABASE ${EXAMPLE.database} FROM PUBLIC`,
    undo: `GRANT CONNECT ON DATABASE ${EXAMPLE.database} TO PUBLIC`,
    refused: '42501',
  },
  {
    title: 'the name of the user',
    change: `ALTER ROLE ${EXAMPLE.dbUser} RENAME TO somebody_else`,
    undo: `ALTER ROLE somebody_else RENAME TO ${EXAMPLE.dbUser}`,
    refused: '42704',
  },
  {
    title: 'a login event trigger',
    change: `CREATE FUNCTION public.at_login() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN END $$;
     CREATE EVENT TRIGGER at_login ON login EXECUTE FUNCTION public.at_login()`,
    undo: 'DROP EVENT TRIGGER at_login; DROP FUNCTION public.at_login()',
  },
];

describe('a change while a backend is idle', () => {
  test.each(CHANGES)('makes the next login look again: $title', async ({ change, undo, refused }) => {
    const pid = await warmUp();
    await admin.query(change);
    try {
      if (refused !== undefined) {
        expect(await loginRefusal(keyshift, login)).toMatchObject({ code: refused });
      } else {
        const client = await logIn(keyshift, login);
        expect(await pidOf(client)).not.toBe(pid);
        await client.end();
      }
    } finally {
      await admin.query(undo);
    }
  });

  test('the backend ends before DROP DATABASE, which waits five seconds, gives up', async () => {
    await admin.query('CREATE DATABASE fleeting');
    const pid = await warmUp(login, { database: 'fleeting' });
    await admin.query('DROP DATABASE fleeting');
    expect(await seen(pid)).toBeUndefined();
  });

  test('a superuser that drops the database through the gateway finds it free', async () => {
    const master = await issue(keyshift, { dbUser: EXAMPLE.masterUsername });
    const client = await logIn(keyshift, master);
    await client.query('CREATE DATABASE passing');
    const pid = await warmUp(login, { database: 'passing' });
    await client.query('DROP DATABASE passing');
    expect(await seen(pid)).toBeUndefined();
    await client.end();
  });
});

describe('on a server that is full, with idle backends', () => {
  const MASTER: Login = { user: EXAMPLE.masterUsername, password: 'Master-Password-1' };
  const fillers: Client[] = [];
  /** More than the three connections that PostgreSQL keeps for its superusers, who take these here. */
  const IDLE = 6;

  beforeAll(async () => {
    await must(keyshift.root, 'redshift', 'ModifyCluster', {
      ClusterIdentifier: EXAMPLE.cluster,
      MasterUserPassword: MASTER.password,
    });
  });
  afterAll(async () => {
    await Promise.all(fillers.map((filler) => filler.end()));
  });

  /** Takes connections that are no session's until the server has none left, for the administrator neither. */
  async function fill(user: string): Promise<void> {
    for (;;) {
      const filler = admin.newClient(user);
      try {
        await filler.connect();
      } catch {
        return;
      }
      fillers.push(filler);
    }
  }

  async function empty(count: number): Promise<void> {
    await Promise.all(fillers.splice(0, count).map((filler) => filler.end()));
  }

  test.each<[string, () => Promise<Login>]>([
    ['a temporary login of another role', async () => issue(keyshift, { dbUser: EXAMPLE.masterUsername })],
    ['a login with a password', async () => MASTER],
    [
      'a temporary login whose session role must be made first',
      async () => issue(keyshift, { dbUser: EXAMPLE.masterUsername, dbGroups: ['newly_made'] }),
    ],
  ])('%s gets in', async (_title, credentials) => {
    await admin.query('DROP ROLE IF EXISTS newly_made; CREATE ROLE newly_made');
    const wanted = await credentials();
    await until(async () => {
      await fill('temp_creds_user');
      // Some more, for what the gateway opens itself.
      await empty(IDLE + 5);
      await warmUp();
      const clients = await Promise.all(Array.from({ length: IDLE }, () => logIn(keyshift, login)));
      const pids = await Promise.all(clients.map(pidOf));
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all(pids.map(settled));
      await fill('temp_creds_user');
      // Those too that PostgreSQL keeps for its superusers.
      await fill(ADMIN_ROLE);
      // On a busy machine some may have grown old by now.
      return (await Promise.all(pids.map(seen))).every((backend) => backend !== undefined);
    });
    const client = await logIn(keyshift, wanted);
    expect((await client.query('SELECT 1 AS n')).rows).toEqual([{ n: 1 }]);
    await client.end();
    await empty(fillers.length);
  });
});
