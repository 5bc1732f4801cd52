// postgres.js: its password may be a function too.
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetClusterCredentialsCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import postgres from 'postgres';
import { CA, check, FACTS, moveClock, OTHER_CA, refused, run } from './scenarios.mjs';

function open({ user, password } = FACTS.login, more = {}) {
  const { host, port, database } = FACTS;
  const options = {
    host,
    port,
    database,
    user,
    pass: async () => password,
    ssl: { ca: CA },
    max: 1,
    ...more,
  };
  return postgres({ ...options, connect_timeout: 10, onnotice: () => {} });
}

async function using(work, ...where) {
  const sql = open(...where);
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const one = (sql) => sql`SELECT 1 AS one`;

await run({
  documented: async () => {
    const [byEnvironment, byOption] = FACTS.strings;
    const { host, port, database, login } = FACTS;
    const names = { postgres, host, port, user: login.user, fn: async () => login.password, ca: CA };
    const connected = async (string, more) => {
      const given = { ...names, ...more };
      const sql = new Function(...Object.keys(given), `return ${string}`)(...Object.values(given));
      const [row] = await sql`SELECT current_database() AS name`;
      check(row.name === database, row);
      await sql.end();
    };
    await connected(byOption, { database });
    process.env.PGDATABASE = database;
    await connected(byEnvironment, {});
    delete process.env.PGDATABASE;
  },
  host: () =>
    using(async (sql) => {
      const [row] = await sql`SELECT current_database() AS name`;
      check(row.name === FACTS.database, row);
    }),
  groups: () =>
    using(async (sql) => {
      const [row] = await sql`SELECT count(*)::int AS n FROM example.sales`;
      check(row.n === 300, row);
    }, FACTS.newLogin),
  expired: () => refused(() => using(one, FACTS.expired), '28000', 'IAM Authentication token has expired'),
  database: () => refused(() => using(one, FACTS.otherDatabase), '28000', 'not for the database'),
  plain: () => refused(() => using(one, FACTS.login, { ssl: false }), '28000', 'must use TLS'),
  verify: () => refused(() => using(one, FACTS.login, { ssl: { ca: OTHER_CA } }), 'certificate'),
  cancel: () =>
    using(async (sql) => {
      const query = sql`SELECT pg_sleep(30)`;
      const ended = refused(() => query, '57014');
      // It is cancelled once, so not before it runs.
      const isRunning = () =>
        using((other) => other`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`).then(
          (rows) => rows.length > 0,
        );
      while (!(await Promise.race([isRunning(), ended.then(() => true)])));
      query.cancel();
      await ended;
    }),
  prepared: () =>
    using(async (sql) => {
      for (let n = 0; n < 3; n++) {
        const [row] =
          await sql`SELECT ${n}::int AS n, ${'text'}::text AS t, ${sql.json({ a: 1 })}::jsonb AS j`;
        check(row.n === n && row.t === 'text' && row.j.a === 1, row);
      }
    }),
  copy: () =>
    using(async (sql) => {
      const lines = Array.from({ length: 1000 }, (_, n) => `${n}\tline ${n}\n`).join('');
      await sql`CREATE TEMP TABLE copied (n int, t text)`;
      await pipeline(Readable.from([lines]), await sql`COPY copied FROM STDIN`.writable());
      const out = await sql`COPY (SELECT * FROM copied ORDER BY n) TO STDOUT`.readable();
      check(Buffer.concat(await out.toArray()).toString() === lines, 'other lines');
    }),
  pool: async () => {
    const redshift = new RedshiftClient({});
    const request = { ClusterIdentifier: FACTS.cluster, DbUser: FACTS.dbUser, DbGroups: [FACTS.dbGroup] };
    const user = `IAM:${FACTS.dbUser}:${FACTS.dbGroup}`;
    const issued = [];
    const pass = async () => {
      issued.push((await redshift.send(new GetClusterCredentialsCommand(request))).DbPassword);
      return issued.at(-1);
    };
    // A connection lives one second, so each life of a credential has its own.
    const sql = open({ user }, { pass, max: 2, max_lifetime: 1 });
    for (let life = 1; life <= 4; life++) {
      const asked = issued.length;
      const deadline = Date.now() + 20_000;
      do {
        const [row] = await sql`SELECT count(*)::int AS n FROM example.sales`;
        check(row.n === 300, row);
        await new Promise((resolve) => setTimeout(resolve, 200));
      } while (issued.length === asked && Date.now() < deadline);
      check(issued.length > asked, `life ${life} made no connection`);
      if (life < 4) moveClock('+900s');
    }
    await sql.end();
    check(new Set(issued).size === issued.length, 'a password came twice');
    await refused(() => using(one, { user, password: issued[0] }), 'IAM Authentication token has expired');
  },
});
