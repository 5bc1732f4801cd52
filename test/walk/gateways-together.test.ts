import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cancelRequest, errorFields, PROTOCOL_30, query, Wire } from '../hostile/wire.ts';
import { APP, temporary } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
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
    .poll(
      () =>
        gateways.server.sql(`SELECT FROM pg_stat_activity WHERE state = 'active' AND query = '${statement}'`),
      { timeout: 10_000 },
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
    const statement = `select pg_sleep(30), ${version}`;
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
