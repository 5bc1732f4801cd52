import { readFileSync } from 'node:fs';
import { Client, Pool } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, getClusterCredentials } from '../../src/client/index.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue, refusalOf } from '../walk/support/logins.ts';

// node-postgres with temporary logins, as a service uses them: a pool that asks for a password per connection.

const CLOCK = { name: 'keyshift', version: '2026-11-22' } as const;
const REQUEST = {
  clusterIdentifier: 'examplecluster',
  dbUser: 'temp_creds_user',
  dbName: 'exampledb',
  dbGroups: ['example_group'],
};

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start({ flags: ['--example', '--test-clock'] });
});
afterAll(async () => {
  await keyshift?.close();
});

function place() {
  const { gatewayHost: host, gatewayPort: port, caFile } = keyshift.ready;
  return { host, port, database: 'exampledb', ssl: { ca: readFileSync(caFile, 'utf8') } };
}

describe('a pool with a password function', () => {
  test('asks once for each new connection, and goes on after the first credentials expired', async () => {
    let asked = 0;
    const pool = new Pool({
      ...place(),
      user: 'IAM:temp_creds_user:example_group',
      password: async () => {
        asked++;
        return (await getClusterCredentials(keyshift.root, REQUEST, new Date())).dbPassword.reveal();
      },
      max: 4,
    });
    try {
      const count = async () =>
        (await pool.query<{ count: number }>('select count(*)::int as count from example.sales')).rows[0]
          ?.count;
      expect(await Promise.all(Array.from({ length: 20 }, count))).toEqual(
        Array.from({ length: 20 }, () => 300),
      );
      expect(asked).toBe(4);
      const open = await pool.connect();
      await call(keyshift.root, CLOCK, 'MoveClock', { BySeconds: '1000' }, new Date());
      // What is open stays open; connections that are made now ask again.
      expect((await open.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
      open.release(true);
      expect(await Promise.all(Array.from({ length: 20 }, count))).toEqual(
        Array.from({ length: 20 }, () => 300),
      );
      expect(asked).toBe(5);
    } finally {
      await pool.end();
    }
  });

  test('fails with the reason when its password is old', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    await call(keyshift.root, CLOCK, 'MoveClock', { BySeconds: '901' }, new Date());
    const pool = new Pool({ ...place(), user, password: () => password });
    try {
      expect(await refusalOf(pool.query('select 1'))).toMatchObject({
        code: '28000',
        message: 'IAM Authentication token has expired',
      });
    } finally {
      await pool.end();
    }
  });
});

describe('a client', () => {
  test('logs in by a connection string', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    const { host, port, ssl } = place();
    const client = new Client({
      connectionString: `postgresql://${encodeURIComponent(user)}:${password}@${host}:${port}/exampledb`,
      ssl,
    });
    await client.connect();
    expect((await client.query('select keyshift.session_groups()::text[] as groups')).rows).toEqual([
      { groups: ['example_group'] },
    ]);
    await client.end();
  });

  test('uses TLS from the first byte', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    const client = new Client({ ...place(), user, password, sslnegotiation: 'direct' } as never);
    await client.connect();
    expect((await client.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    await client.end();
  });

  test('runs prepared statements, transactions, notifications and cursors of rows', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    const client = new Client({ ...place(), user, password });
    await client.connect();
    try {
      const prepared = {
        name: 'by region',
        text: 'select count(*)::int as count from example.sales where region = $1',
      };
      for (const region of ['north', 'south', 'north']) {
        expect((await client.query({ ...prepared, values: [region] })).rows).toEqual([{ count: 75 }]);
      }
      await client.query('begin');
      expect(await refusalOf(client.query('select 1/0'))).toMatchObject({ code: '22012' });
      expect(await refusalOf(client.query('select 1'))).toMatchObject({ code: '25P02' });
      await client.query('rollback');
      const heard = new Promise((resolve) => client.once('notification', ({ payload }) => resolve(payload)));
      await client.query('listen news');
      await client.query(`notify news, 'hello'`);
      expect(await heard).toBe('hello');
    } finally {
      await client.end();
    }
  });

  test('is refused without TLS', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    const client = new Client({ ...place(), ssl: false, user, password });
    expect(await refusalOf(client.connect())).toMatchObject({ code: '28000' });
  });

  test('that does not know the certificate does not go on', async () => {
    const { user, password } = await issue(keyshift, REQUEST);
    const client = new Client({ ...place(), ssl: true, user, password });
    client.on('error', () => {});
    await expect(client.connect()).rejects.toThrow(/certificate/);
  });
});
