import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelRequest, errorFields, query, Wire } from '../hostile/wire.ts';
import { must } from './support/api.ts';
import { CAN_SHARE_PORTS } from './support/can-share-ports.ts';
import { APP, temporary } from './support/external.ts';
import { logIn } from './support/logins.ts';
import { TwoGateways } from './support/two-gateways.ts';

// Two nodes of one machine at the same ports, so that a gateway uses more than one processor. Which of them gets a
// connection is the system's choice.

/** Each goes to one of two nodes by chance: that all go to one happens once in half a million runs. */
const SESSIONS = 20;
const LATER_SESSIONS = 5;

/** False for a session that has ended, or ends instead. */
const isAnswered = (client: Client): Promise<boolean> =>
  client.query('SELECT 1').then(
    () => true,
    () => false,
  );

describe.skipIf(!CAN_SHARE_PORTS)('two nodes at the same ports', () => {
  let gateways: TwoGateways;
  beforeAll(async () => {
    gateways = await TwoGateways.sharingPorts();
    await gateways.server.sql('CREATE ROLE analyst LOGIN');
  });
  afterAll(() => gateways?.close());

  test('say the same port for the cluster, and have API ports of their own', () => {
    const { first, second } = gateways;
    expect(second.ready.gatewayPort).toBe(first.ready.gatewayPort);
    expect(second.ready.httpUrl).not.toBe(first.ready.httpUrl);
  });

  test('cancel a statement whichever of them gets the request', async () => {
    const { first } = gateways;
    const { wire, session } = await Wire.openSession(first, await temporary(first, 'analyst'), APP);
    for (let round = 0; round < 12; round++) {
      const statement = `select pg_sleep(300), ${round}`;
      wire.send(query(statement));
      await expect
        .poll(() =>
          gateways.server.sql(
            `SELECT FROM pg_stat_activity WHERE state = 'active' AND query = '${statement}'`,
          ),
        )
        .toHaveLength(1);
      const other = await Wire.open(first);
      other.send(cancelRequest(session.processId, session.key));
      const error = (await wire.answer()).find(({ letter }) => letter === 'E');
      expect(error && errorFields(error)['C']).toBe('57014');
      await other.untilEnd();
    }
    wire.vanish();
  });

  test('share the sessions, list them together, and one takes all when the other is gone', async () => {
    const { first, second } = gateways;
    const login = await temporary(first, 'analyst');
    const clients: Client[] = [];
    for (let count = 0; count < SESSIONS; count++) clients.push(await logIn(first, login, APP));
    // A session of the test before is on the list for a moment more.
    const listed = async () => (await must(first.root, 'keyshift', 'ListSessions')).texts('member');
    await expect.poll(listed).toHaveLength(SESSIONS);
    await second.kill();
    const answers = await Promise.all(clients.map(isAnswered));
    const answered = answers.filter(Boolean).length;
    expect(answered).toBeGreaterThan(0);
    expect(answered).toBeLessThan(SESSIONS);
    const later: Client[] = [];
    for (let count = 0; count < LATER_SESSIONS; count++) later.push(await logIn(first, login, APP));
    await Promise.all([...clients, ...later].map((client) => client.end().catch(() => {})));
  });
});
