// node-postgres: a password that is asked for as each connection is opened.

import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetClusterCredentialsCommand, RedshiftClient } from '@aws-sdk/client-redshift';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
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
    // A statement cannot be cancelled before it runs, so this goes on until it is.
    const cancel = () => new pg.Client({ host, port, ssl: { ca: CA } }).cancel(client, query);
    const canceling = setInterval(cancel, 500);
    await refused(() => ended, '57014');
    clearInterval(canceling);
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
  copy: async () => {
    const client = await connect();
    const lines = Array.from({ length: 1000 }, (_, n) => `${n}\tline ${n}\n`).join('');
    await client.query('CREATE TEMP TABLE copied (n int, t text)');
    await pipeline(Readable.from([lines]), client.query(copyFrom('COPY copied FROM STDIN')));
    const out = client.query(copyTo('COPY (SELECT * FROM copied ORDER BY n) TO STDOUT'));
    check(Buffer.concat(await out.toArray()).toString() === lines, 'other lines');
    await client.end();
  },
  pool: async () => {
    const redshift = new RedshiftClient({});
    const request = { ClusterIdentifier: FACTS.cluster, DbUser: FACTS.dbUser, DbGroups: [FACTS.dbGroup] };
    const user = `IAM:${FACTS.dbUser}:${FACTS.dbGroup}`;
    const issued = [];
    const password = async () => {
      issued.push((await redshift.send(new GetClusterCredentialsCommand(request))).DbPassword);
      return issued.at(-1);
    };
    const { host, port, database } = FACTS;
    const pool = new pg.Pool({ host, port, database, user, password, ssl: { ca: CA }, max: 2, maxUses: 2 });
    const errors = [];
    pool.on('error', (error) => errors.push(error));
    let life = 0;
    const made = [0, 0, 0, 0];
    pool.on('connect', () => {
      made[life]++;
    });
    for (; life < made.length; life++) {
      const sales = () => pool.query('SELECT count(*)::int AS n FROM example.sales');
      const counts = await Promise.all(Array.from({ length: 6 }, sales));
      check(
        counts.every(({ rows }) => rows[0].n === 300),
        counts.length,
      );
      // Three connections for six queries, by maxUses.
      check(made[life] >= 2, `life ${life} made ${made[life]} connections`);
      if (life < made.length - 1) moveClock('+900s');
    }
    await pool.end();
    check(errors.length === 0, String(errors[0]));
    check(new Set(issued).size >= made.length, issued.length);
    await refused(() => connect({ user, password: issued[0] }), 'IAM Authentication token has expired');
  },
});
