import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { must } from './support/api.ts';
import { Keyshift, launch } from './support/keyshift.ts';
import { run } from './support/run.ts';
import { seeded } from './support/seeded.ts';
import {
  clusterServers,
  connect,
  killAllIn,
  type Login,
  loginFor,
  processesGone,
  sqlIn,
} from './support/servers.ts';

/**
 * Keyshift is killed at random moments while credentials are issued and sessions are opened, with the servers in
 * their durable mode. After each restart nothing that was answered is lost, and nobody has gained a right.
 * KEYSHIFT_CRASH_ROUNDS=200 makes the long run of it.
 */

const ROUNDS = Number(process.env['KEYSHIFT_CRASH_ROUNDS'] ?? 10);
const ROUND_MS_MAX = 30_000;
const CLI = new URL('../../dist/cli.js', import.meta.url).pathname;
const DURABLE = { environment: { KEYSHIFT_UNSAFE_NO_FSYNC: '' } };

const USERS = ['temp_creds_user', 'ann', 'ben', 'cid'];
const GROUPS = ['example_group', 'g_one', 'g_two'];

interface Issued extends Login {
  readonly credentialId: string;
}

interface Event {
  readonly sequence: number;
  readonly kind: string;
  readonly name: string;
  readonly outcome: string;
  readonly details: { readonly credentialId?: string; readonly loginName?: string };
}

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start(DURABLE);
  const [server = ''] = clusterServers(keyshift.dataDir);
  await sqlIn(
    server,
    'exampledb',
    `CREATE ROLE g_one ADMIN keyshift_superuser; CREATE ROLE g_two ADMIN keyshift_superuser;
     GRANT CREATE ON SCHEMA public TO PUBLIC`,
  );
});
afterAll(() => keyshift.close());

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('the servers are durable', () => {
  expect(keyshift.output).toContain('Keyshift is ready.');
  expect(keyshift.output).not.toContain('WITHOUT FSYNC');
});

test(`${ROUNDS} crashes lose nothing and give nothing`, {
  timeout: 60_000 + ROUNDS * ROUND_MS_MAX,
}, async () => {
  const chance = seeded('crashes');
  let after = 0;
  let total = 0;
  let opened = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const work = new Clients(keyshift, () => chance.below(1_000_000));
    await sleep(chance.below(1_200));
    // The test is about what was answered, so much must have been, on a slow machine too.
    const isEnough = (): boolean =>
      total + work.issued.length > 5 * (round + 1) && opened + work.opened.length > round + 1;
    await expect.poll(isEnough, { timeout: ROUND_MS_MAX, interval: 5 }).toBe(true);
    await keyshift.kill();
    // And sometimes PostgreSQL with it, in the middle of whatever it does.
    if (chance.below(3) === 0) await killAllIn(keyshift.dataDir);
    await work.ended();
    // Now and then the start that cleans up crashes as well.
    if (chance.below(4) === 0) await crashWhileStarting(100 + chance.below(1_200));
    keyshift = await keyshift.again(DURABLE);

    const where = `round ${round}`;
    expect(await backendsOfSessions(), `${where}: backends that outlived their gateway`).toEqual([]);
    await expectRights(where);
    const events = await auditAfter(after);
    after = events.at(-1)?.sequence ?? after;
    expectRecorded(where, work, events);
    await expectLogins(where, work.issued);
    await expectRights(`${where}, after all have logged in again`);
    total += work.issued.length;
    opened += work.opened.length;
  }
  await expectNoStrays();
  expect(await keyshift.stop()).toBe(0);
  expect(await processesGone(keyshift.dataDir)).toEqual([]);
  process.stdout.write(`crashes: ${ROUNDS}, credentials: ${total}, sessions: ${opened}\n`);
});

/** Clients that ask for credentials and use them until nobody answers any more. */
class Clients {
  readonly issued: Issued[] = [];
  /** The credential of each session that reached ReadyForQuery. */
  readonly opened: string[] = [];
  readonly #keyshift: Keyshift;
  readonly #random: () => number;
  readonly #running: Promise<void>[];
  #isOver = false;

  constructor(keyshift: Keyshift, random: () => number) {
    this.#keyshift = keyshift;
    this.#random = random;
    const many = (count: number, work: () => Promise<void>) =>
      Array.from({ length: count }, () => this.#loop(work));
    this.#running = [...many(4, () => this.#issue()), ...many(4, () => this.#useOne())];
  }

  async ended(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async #loop(work: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      try {
        await work();
      } catch {
        return;
      }
      await sleep(this.#random() % 20);
    }
  }

  async #issue(): Promise<void> {
    const groups = GROUPS.filter(() => this.#random() % 2 === 0);
    const dbUser = USERS[this.#random() % USERS.length] ?? '';
    const login = await loginFor(this.#keyshift, { dbUser, groups, autoCreate: true });
    this.issued.push({ ...login, credentialId: credentialIdOf(login.password) });
  }

  async #useOne(): Promise<void> {
    const login = this.issued[this.#random() % Math.max(1, this.issued.length)];
    if (login === undefined) return;
    const session = await connect(this.#keyshift, login);
    this.opened.push(login.credentialId);
    try {
      const table = `t_${this.#random()}_${this.opened.length}`;
      await session.query(`CREATE TABLE public.${table} (id serial PRIMARY KEY, text text)`);
      await session.query(`CREATE TEMPORARY TABLE scratch AS SELECT 1 AS x`);
      await session.query(
        `BEGIN; INSERT INTO public.${table} (text) VALUES ('x'); CREATE VIEW public.v_${table} AS SELECT 1 AS x`,
      );
      if (this.#random() % 2 === 0) await session.query('COMMIT');
    } finally {
      // Half of them stay open until the crash.
      if (this.#random() % 2 === 0) await session.end();
    }
  }
}

/** Bytes 8 to 23 of the password are the credential's id, as the audit log has it. */
const credentialIdOf = (password: string): string =>
  Buffer.from(password, 'base64url').subarray(10, 22).toString('hex');

async function crashWhileStarting(ms: number): Promise<void> {
  const { child } = launch({ dataDir: keyshift.dataDir, ...DURABLE });
  const ended = once(child, 'exit');
  await sleep(ms);
  child.kill('SIGKILL');
  await ended;
}

async function auditAfter(sequence: number): Promise<Event[]> {
  const { code, stdout, stderr } = await run(process.execPath, [CLI, 'audit', '--after', String(sequence)], {
    KEYSHIFT_DATA_DIR: keyshift.dataDir,
  });
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Event);
}

function expectRecorded(where: string, work: Clients, events: readonly Event[]): void {
  const issued = new Map(
    events
      .filter(({ name, outcome }) => name === 'redshift:GetClusterCredentials' && outcome === 'success')
      .map(({ details }) => [details.credentialId, details.loginName]),
  );
  for (const { credentialId, user } of work.issued) {
    expect(issued.get(credentialId), `${where}: the event of ${user} ${credentialId}`).toBe(user);
  }
  const logins = new Set(
    events
      .filter(({ kind, outcome }) => kind === 'login' && outcome === 'success')
      .map(({ details }) => details.credentialId),
  );
  expect(
    work.opened.filter((credentialId) => !logins.has(credentialId)),
    where,
  ).toEqual([]);
  // Sequences never go back: what was read before the crash stays before it.
  const sequences = events.map((event) => event.sequence);
  expect(sequences, where).toEqual([...sequences].sort((a, b) => a - b));
}

async function expectLogins(where: string, issued: readonly Issued[]): Promise<void> {
  const left = [...issued];
  const one = async (): Promise<void> => {
    for (let login = left.pop(); login !== undefined; login = left.pop()) {
      const session = await connect(keyshift, login);
      const { rows } = await session.query<{ role: string; rights: string[] }>(RIGHTS_OF_SESSION);
      const [, user = '', groups = ''] = login.user.split(':');
      const wanted = groups === '' ? [] : groups.split(',').sort();
      expect(rows[0]?.rights, `${where}: the groups of ${login.user}`).toEqual(wanted);
      const role = groups === '' ? user : `IAM:${user}:${wanted.join(',')}`;
      expect(rows[0]?.role, where).toBe(role);
      await session.end();
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
}

/** Who has a backend at the cluster but its administrator: nobody, as long as nobody has logged in. */
async function backendsOfSessions(): Promise<string[]> {
  const [server = ''] = clusterServers(keyshift.dataDir);
  const rows = await sqlIn<{ user: string }>(
    server,
    'exampledb',
    `SELECT usename::text AS user FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND usename <> 'keyshift_admin'`,
  );
  return rows.map(({ user }) => user);
}

/** Once all sessions have ended, whoever tidies up finds every session role of all the rounds and removes it. */
async function expectNoStrays(): Promise<void> {
  const [server = ''] = clusterServers(keyshift.dataDir);
  const idle = { timeout: 60_000, interval: 200 };
  await expect
    .poll(async () => (await must(keyshift.root, 'keyshift', 'ListSessions')).texts('member'), idle)
    .toEqual([]);
  await expect.poll(backendsOfSessions, idle).toEqual([]);
  await must(keyshift.root, 'keyshift', 'Reconcile', { ClusterIdentifier: 'examplecluster', Remove: 'true' });
  expect(await sqlIn(server, 'exampledb', `SELECT rolname FROM pg_roles WHERE rolname LIKE 'IAM:%'`)).toEqual(
    [],
  );
}

const RIGHTS_OF_SESSION = `
  SELECT current_user::text AS role, ARRAY(
    SELECT rolname::text FROM pg_roles
    WHERE rolname = ANY ('{${GROUPS.join(',')}}') AND pg_has_role(current_user, oid, 'USAGE') ORDER BY 1
  ) AS rights`;

/** What stands in the catalogs of the cluster: session roles are exactly what their names say, and own nothing. */
async function expectRights(where: string): Promise<void> {
  const [server = ''] = clusterServers(keyshift.dataDir);
  const roles = await sqlIn<{ name: string; members: string[]; holders: string[]; plain: boolean }>(
    server,
    'exampledb',
    `SELECT r.rolname::text AS name,
       ARRAY(SELECT format('%s %s %s %s', g.rolname, m.inherit_option, m.set_option, m.admin_option)
             FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid WHERE m.member = r.oid ORDER BY 1) AS members,
       ARRAY(SELECT h.rolname::text FROM pg_auth_members m JOIN pg_roles h ON h.oid = m.member
             WHERE m.roleid = r.oid ORDER BY 1) AS holders,
       NOT (rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls) AND rolcanlogin AS plain
     FROM pg_roles r WHERE rolname LIKE 'IAM:%'`,
  );
  for (const { name, members, holders, plain } of roles) {
    const [, user = '', groups = ''] = name.split(':');
    expect(USERS, `${where}: the user of ${name}`).toContain(user);
    const wanted = [
      `${user} t t f`,
      'keyshift_session f f f',
      ...groups.split(',').map((group) => `${group} t f f`),
    ];
    expect(members, `${where}: what ${name} is a member of`).toEqual(wanted.sort());
    expect(holders, `${where}: who is a member of ${name}`).toEqual([]);
    expect(plain, `${where}: the attributes of ${name}`).toBe(true);
  }

  // Owners and access lists of all databases stand in one catalog (PostgreSQL 18 manual, pg_shdepend).
  const depending = await sqlIn(
    server,
    'exampledb',
    `SELECT r.rolname, d.classid::regclass::text AS kind, d.objid, d.deptype
     FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
     LEFT JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
     WHERE d.refclassid = 'pg_authid'::regclass AND d.classid <> 'pg_auth_members'::regclass
       AND r.rolname LIKE 'IAM:%'
       -- A temporary table is its session's own; one that PostgreSQL's crash left is dropped when its schema is used.
       AND coalesce(c.relpersistence, 'p') <> 't'`,
  );
  expect(depending, `${where}: what depends on session roles`).toEqual([]);

  const lasting = await sqlIn(
    server,
    'exampledb',
    `SELECT u.rolname AS "user", g.rolname AS "group" FROM pg_auth_members m
     JOIN pg_roles u ON u.oid = m.member JOIN pg_roles g ON g.oid = m.roleid WHERE u.rolname = ANY ($1)`,
    [USERS],
  );
  expect(lasting, `${where}: groups that users have become members of`).toEqual([]);

  const owners = await sqlIn<{ owner: string }>(
    server,
    'exampledb',
    `SELECT DISTINCT relowner::regrole::text AS owner FROM pg_class WHERE relnamespace = 'public'::regnamespace`,
  );
  expect(USERS, `${where}: owners in the schema public`).toEqual(
    expect.arrayContaining(owners.map(({ owner }) => owner)),
  );
}
