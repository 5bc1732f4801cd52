// node-postgres: a password that is asked for as each connection is opened.
import { GetClusterCredentialsCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import pg from 'pg';
import { CA, check, FACTS, moveClock, OTHER_CA, refused, run } from './scenarios.mjs';

async function connect(login = FACTS.login, more = {}) {
  const { host, port, database } = FACTS;
  const client = new pg.Client({ host, port, database, ...login, ssl: { ca: CA }, ...more });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function ask(sql, values = [], ...where) {
  const client = await connect(...where);
  try {
    return (await client.query(sql, values)).rows;
  } finally {
    await client.end();
  }
}

await run({
  documented: async () => {
    const [string] = FACTS.strings;
    const { host, port, database } = FACTS;
    const redshift = new RedshiftClient({});
    const request = { ClusterIdentifier: FACTS.cluster, DbUser: FACTS.dbUser };
    const getCredentials = () => redshift.send(new GetClusterCredentialsCommand(request));
    const names = { Pool: pg.Pool, host, port, database, ca: CA, getCredentials };
    const pool = new Function(...Object.keys(names), `return ${string}`)(...Object.values(names));
    const { rows } = await pool.query('SELECT 1 AS one');
    check(rows[0].one === 1, rows);
    await pool.end();
  },
  host: async () => {
    const [row] = await ask('SELECT current_database() AS name');
    check(row.name === FACTS.database, row);
  },
  groups: async () => {
    const [row] = await ask('SELECT count(*)::int AS n FROM example.sales', [], FACTS.newLogin);
    check(row.n === 300, row);
  },
  expired: () =>
    refused(() => connect(FACTS.expired), '28000', 'IAM Authentication token has expired', 'It expired at'),
  database: () => refused(() => connect(FACTS.otherDatabase), '28000', 'not for the database'),
  plain: () => refused(() => connect(FACTS.login, { ssl: false }), '28000', 'must use TLS'),
  verify: () => refused(() => connect(FACTS.login, { ssl: { ca: OTHER_CA } }), 'certificate'),
  cancel: async () => {
    const client = await connect();
    const query = new pg.Query('SELECT pg_sleep(30)');
    const ended = new Promise((resolve, reject) => {
      query.on('error', reject);
      query.on('end', resolve);
    });
    client.query(query);
    const { host, port } = FACTS;
    setTimeout(() => new pg.Client({ host, port, ssl: { ca: CA } }).cancel(client, query), 500);
    await refused(() => ended, '57014');
    await client.end();
  },
  prepared: async () => {
    const client = await connect();
    for (let n = 0; n < 3; n++) {
      const { rows } = await client.query({
        name: 'typed',
        text: 'SELECT $1::int AS n, $2::text AS t, $3::timestamptz AS at, $4::jsonb AS j, $5::int[] AS list',
        values: [n, 'text', new Date('2026-03-01T00:00:00Z'), { a: 1 }, [1, 2]],
      });
      check(rows[0].n === n && rows[0].j.a === 1 && rows[0].list.length === 2, rows);
      check(rows[0].at.toISOString() === '2026-03-01T00:00:00.000Z', rows);
    }
    await client.end();
  },
  pool: async () => {
    const redshift = new RedshiftClient({});
    const request = { ClusterIdentifier: FACTS.cluster, DbUser: FACTS.dbUser, DbGroups: [FACTS.dbGroup] };
    const pool = new pg.Pool({
      host: FACTS.host,
      port: FACTS.port,
      database: FACTS.database,
      user: `IAM:${FACTS.dbUser}:${FACTS.dbGroup}`,
      password: async () => (await redshift.send(new GetClusterCredentialsCommand(request))).DbPassword,
      ssl: { ca: CA },
      max: 2,
      maxUses: 2,
    });
    const errors = [];
    pool.on('error', (error) => errors.push(error));
    for (let life = 0; life < 4; life++) {
      const counts = await Promise.all(
        Array.from({ length: 6 }, () => pool.query('SELECT count(*)::int AS n FROM example.sales')),
      );
      check(
        counts.every(({ rows }) => rows[0].n === 300),
        counts.length,
      );
      if (life < 3) moveClock('+900s');
    }
    await pool.end();
    check(errors.length === 0, String(errors[0]));
  },
});
