import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { getClusterCredentials } from '../../src/client/index.ts';
import { cancelRequest, errorFields, PROTOCOL_30, query, Wire } from '../hostile/wire.ts';
import { makeUser, must } from './support/api.ts';
import { APP, CLUSTER, temporary } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
import { type Login, newClient } from './support/logins.ts';
import { TwoGateways } from './support/two-gateways.ts';

// Two gateways in front of one server, as behind a balancer that sends each connection where it likes.

let gateways: TwoGateways;

beforeAll(async () => {
  gateways = await TwoGateways.start();
  await gateways.server.sql('CREATE ROLE analyst LOGIN');
});
afterAll(() => gateways?.close());

async function sleepingSoon(statement: string): Promise<void> {
  await expect
    .poll(() =>
      gateways.server.sql(`SELECT FROM pg_stat_activity WHERE state = 'active' AND query = '${statement}'`),
    )
    .toHaveLength(1);
}

async function cancelAt(keyshift: Keyshift, processId: number, key: Buffer): Promise<void> {
  const wire = await Wire.open(keyshift);
  wire.send(cancelRequest(processId, key));
  expect(await wire.untilEnd()).toHaveLength(0);
}

describe('a cancel request that reaches the gateway that does not have the session', () => {
  test.each([
    ['3.0', PROTOCOL_30],
    ['3.2', PROTOCOL_30 + 2],
  ])('works with the key of protocol %s, and with no other', async (_name, version) => {
    const { first, second } = gateways;
    const login = await temporary(second, 'analyst');
    const { wire, session } = await Wire.openSession(first, login, APP, version);
    const statement = `select pg_sleep(300), ${version}`;
    wire.send(query(statement));
    await sleepingSoon(statement);
    const wrong = Buffer.from(session.key);
    wrong.writeUInt8(wrong.readUInt8(0) ^ 1, 0);
    await cancelAt(second, session.processId, wrong);
    await cancelAt(second, session.processId + 1, session.key);
    await cancelAt(second, session.processId, Buffer.alloc(session.key.length));
    // It ends only after the other gateway has looked, so a wrong key has done what it can.
    await sleepingSoon(statement);
    await cancelAt(second, session.processId, session.key);
    const error = (await wire.answer()).find(({ letter }) => letter === 'E');
    expect(error && errorFields(error)['C']).toBe('57014');
    wire.send(query('select 1'));
    expect((await wire.answer()).map(({ letter }) => letter)).toEqual(['T', 'D', 'C', 'Z']);
    wire.vanish();
  });

  test('leaves no key in the store', async () => {
    const rows = await gateways.server.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM keyshift.node_questions',
      { database: 'keyshift' },
    );
    expect(rows).toEqual([{ count: 0 }]);
  });
});

describe('a credential that is for two connections at a time', () => {
  const LIMITED = {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'redshift:GetClusterCredentials',
        Resource: '*',
        Condition: { NumericLessThanEquals: { 'keyshift:MaxConnections': '2' } },
      },
    ],
  };
  let limited: Login;

  async function loggedIn(keyshift: Keyshift): Promise<Client | string> {
    const client = newClient(keyshift, limited, APP);
    return client.connect().then(
      () => client,
      (error: Error & { code?: string }) => error.code ?? error.message,
    );
  }

  const clientsOf = (outcomes: readonly (Client | string)[]): Client[] =>
    outcomes.filter((outcome) => typeof outcome !== 'string');

  test('has two on both gateways together, however many come at once', async () => {
    const { first, second } = gateways;
    const anna = await makeUser(first.root, 'anna', LIMITED);
    const wanted = { clusterIdentifier: CLUSTER, dbUser: 'analyst' };
    const issued = await getClusterCredentials(anna, wanted, new Date());
    limited = { user: issued.dbUser, password: issued.dbPassword.reveal() };
    for (let turn = 0; turn < 3; turn++) {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, at) => loggedIn(at % 2 === 0 ? first : second)),
      );
      const clients = clientsOf(outcomes);
      expect(clients).toHaveLength(2);
      expect(outcomes.filter((outcome) => outcome === '53300')).toHaveLength(6);
      await Promise.all(clients.map((client) => client.end()));
      await expect.poll(counted).toBe(0);
    }
  });

  test('has room again when the gateway that had its sessions is gone', async () => {
    const { first, second } = gateways;
    const lost = [await loggedIn(second), await loggedIn(second)];
    expect(clientsOf(lost)).toHaveLength(2);
    expect(await loggedIn(first)).toBe('53300');
    await second.kill();
    // The store hears of it by the connections that have ended.
    let client: Client | string = '';
    await expect
      .poll(async () => {
        client = await loggedIn(first);
        return typeof client;
      })
      .toBe('object');
    for (const one of clientsOf([client])) await one.end();
    await gateways.secondAgain();
  });

  async function counted(): Promise<number | undefined> {
    const [row] = await gateways.server.sql<{ count: number }>(
      'SELECT count(*)::int AS count FROM keyshift.credential_sessions',
      { database: 'keyshift' },
    );
    return row?.count;
  }
});

describe('a credential that is used from two networks', () => {
  interface Alarm {
    readonly network: string;
    readonly earlierNetworks: readonly string[];
  }

  async function alarmsOf(keyshift: Keyshift): Promise<Alarm[]> {
    const answer = await must(keyshift.root, 'keyshift', 'GetAuditEvents', { MaxItems: '500' });
    return answer
      .texts('member')
      .map((line) => JSON.parse(line) as { kind: string; details: Alarm })
      .filter(({ kind }) => kind === 'alarm')
      .map(({ details: { network, earlierNetworks } }) => ({ network, earlierNetworks }));
  }

  test.runIf(process.platform === 'linux')('at two gateways is an alarm, once for each network', async () => {
    const { first, second } = gateways;
    const login = await temporary(first, 'analyst');
    const use = async (keyshift: Keyshift, localAddress: string): Promise<void> => {
      const { wire } = await Wire.openSession(keyshift, login, APP, PROTOCOL_30, { localAddress });
      wire.vanish();
    };
    await use(first, '127.0.0.1');
    await expect.poll(seen).toEqual(['127.0.0.0/24']);
    await use(second, '127.0.0.2');
    await use(second, '127.0.7.1');
    const alarm = { network: '127.0.7.0/24', earlierNetworks: ['127.0.0.0/24'] };
    await expect.poll(() => alarmsOf(first)).toEqual([alarm]);
    await expect.poll(seen).toEqual(['127.0.0.0/24', '127.0.7.0/24']);
    // Known to both by now.
    await use(first, '127.0.7.2');
    await use(first, '127.0.9.1');
    await expect
      .poll(async () => (await alarmsOf(first)).map(({ network }) => network))
      .toContain('127.0.9.0/24');
    expect((await alarmsOf(first)).filter(({ network }) => network === '127.0.9.0/24')).toHaveLength(1);
  });

  async function seen(): Promise<string[]> {
    const rows = await gateways.server.sql<{ network: string }>(
      // The latest credential's: an earlier test has used others.
      `SELECT network FROM keyshift.credential_networks WHERE credential_id = (
         SELECT credential_id FROM keyshift.credential_networks WHERE network = '127.0.0.0/24'
         ORDER BY seen DESC LIMIT 1) ORDER BY seen`,
      { database: 'keyshift' },
    );
    return rows.map(({ network }) => network);
  }
});
