import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/client/call.ts';
import { getClusterCredentials } from '../../src/client/index.ts';
import { errorFields, PROTOCOL_30, query, Wire } from '../hostile/wire.ts';
import { makeUser, must } from './support/api.ts';
import { APP, CLUSTER } from './support/external.ts';
import type { Keyshift } from './support/keyshift.ts';
import { type Login, logIn, loginRefusal } from './support/logins.ts';
import { allow, assume, makeRole, trust } from './support/sessions.ts';
import { TwoGateways } from './support/two-gateways.ts';

// `keyshift revoke` at one of two gateways: two seconds later nothing of it is left at either, whatever the sessions were
// doing, whichever node had issued the credentials, and however near the logins came to the revocation.

/** The promise of `keyshift revoke`. */
const ENDED_MS_MAX = 2_000;
/** A longer run of the races, for a night. */
const ROUNDS = process.env['KEYSHIFT_LONG_WALKS'] === undefined ? 4 : 100;
const LOCK = 4711;
const MAY_LOG_IN = allow(['redshift:GetClusterCredentials', 'redshift:CreateClusterUser']);

let gateways: TwoGateways;
let anna: Endpoint;
let roleArn: string;
let asRole: Endpoint;

beforeAll(async () => {
  gateways = await TwoGateways.start();
  const { server, first } = gateways;
  await server.sql('CREATE ROLE analyst LOGIN; CREATE ROLE bystander LOGIN');
  await server.sql('CREATE TABLE lines (line text)');
  await server.sql('GRANT ALL ON lines TO PUBLIC');
  await server.sql(`CREATE ROLE keeper LOGIN PASSWORD 'Keeper-Password-1'`);
  anna = await makeUser(first.root, 'anna', {
    ...MAY_LOG_IN,
    Statement: [...MAY_LOG_IN.Statement, ...allow('sts:AssumeRole').Statement],
  });
  roleArn = await makeRole(first.root, 'Reporter', trust({ AWS: '123456789012' }), MAY_LOG_IN);
  asRole = await assume(anna, roleArn);
});
afterAll(() => gateways?.close());

/** A credential that the second node has issued. */
async function issued(endpoint: Endpoint, dbUser = 'analyst'): Promise<Login> {
  const atSecond = { ...endpoint, url: gateways.second.root.url };
  const wanted = { clusterIdentifier: CLUSTER, dbUser };
  const { dbUser: user, dbPassword } = await getClusterCredentials(atSecond, wanted, new Date());
  return { user, password: dbPassword.reveal() };
}

/** What was issued in the second of a revocation is meant by it. */
const nextSecond = () => sleep(1_000 - (Date.now() % 1_000) + 20);

/** What a session is doing when it must end. */
const ACTIVITIES: readonly (readonly [what: string, sql: string])[] = [
  ['idle', ''],
  ['in a transaction', 'BEGIN; INSERT INTO lines VALUES (1)'],
  ['in a query', 'SELECT pg_sleep(60)'],
  ['waiting for a lock', `SELECT pg_advisory_lock(${LOCK})`],
  ['in COPY from it', 'COPY lines FROM STDIN'],
  [
    'in COPY to it, which it does not read',
    `COPY (SELECT repeat('x', 1000000) FROM generate_series(1, 200)) TO STDOUT`,
  ],
  [
    'in a block that catches its cancel',
    `DO $$ BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END $$`,
  ],
];

interface Busy {
  readonly what: string;
  readonly wire: Wire;
  readonly processId: number;
}

async function busy(keyshift: Keyshift, login: Login, [what, sql]: readonly [string, string]): Promise<Busy> {
  const { wire, session } = await Wire.openSession(keyshift, login, APP, PROTOCOL_30);
  if (what.includes('not read')) wire.pause();
  if (sql !== '') wire.send(query(sql));
  return { what, wire, processId: session.processId };
}

async function backends(pids: readonly number[]): Promise<string[]> {
  const found = await gateways.server.sql<{ query: string }>(
    'SELECT query FROM pg_stat_activity WHERE pid = ANY ($1)',
    { values: [pids] },
  );
  return found.map(({ query: text }) => text);
}

const backendsOf = (user: string): Promise<object[]> =>
  gateways.server.sql(
    `SELECT pid FROM pg_stat_activity WHERE usename = $1 OR usename LIKE 'IAM:' || $1 || '%'`,
    { values: [user] },
  );

const REVOKED = { code: '28000', detail: expect.stringMatching(/^The credentials were revoked\./) };

describe('a revocation', () => {
  test.each<[string, () => Endpoint, (login: Login) => Promise<Record<string, string>>]>([
    ['of one credential', () => anna, async () => ({ CredentialId: await credentialInUse() })],
    ['of a user', () => anna, async () => ({ PrincipalArn: 'arn:aws:iam::123456789012:user/anna' })],
    ['of a role', () => asRole, async () => ({ RoleArn: roleArn })],
    [
      'of one session of a role',
      () => asRole,
      async () => ({ PrincipalArn: 'arn:aws:sts::123456789012:assumed-role/Reporter/session' }),
    ],
    ['of a database user', () => anna, async () => ({ DbUser: 'analyst' })],
    ['of all before now', () => anna, async () => ({ IssuedBefore: new Date().toISOString() })],
  ])(
    '%s ends what its sessions do at both gateways, and lets no new one in',
    async (_what, endpoint, parameters) => {
      const { first, second, server } = gateways;
      await nextSecond();
      const login = await issued(endpoint());
      const keeper = await logIn(first, { user: 'keeper', password: 'Keeper-Password-1' }, APP);
      await keeper.query(`SELECT pg_advisory_lock(${LOCK})`);
      const sessions = await Promise.all(
        ACTIVITIES.flatMap((activity) => [first, second].map((node) => busy(node, login, activity))),
      );
      const pids = sessions.map(({ processId }) => processId);
      await expect
        .poll(async () => (await backends(pids)).filter((text) => text !== '').length)
        .toBeGreaterThan(10);
      const answer = await must(first.root, 'keyshift', 'RevokeAccess', {
        ...(await parameters(login)),
        Reason: 'drill',
      });
      expect(answer.texts('SessionsEnded')).toEqual([String(sessions.length)]);
      expect(answer.texts('SilentNodes')).toEqual(['0']);
      await expect.poll(() => backends(pids), { timeout: ENDED_MS_MAX }).toEqual([]);
      for (const { what, wire } of sessions.filter((session) => !session.what.includes('not read'))) {
        const rest = await wire.untilEnd(ENDED_MS_MAX);
        expect(rest.includes('57P01') || rest.includes('57014'), what).toBe(true);
        if (what === 'idle')
          expect(lastError(rest)).toMatchObject({ S: 'FATAL', C: '57P01', D: 'Reason: drill' });
      }
      for (const node of [first, second]) expect(await loginRefusal(node, login, APP)).toMatchObject(REVOKED);
      // Whose access was not revoked notices nothing, and has its lock.
      await keeper.query('SELECT 1');
      await keeper.end();
      for (const { wire } of sessions) wire.vanish();
      expect(await server.sql('SELECT FROM lines')).toEqual([]);
      if (endpoint() === asRole) asRole = await assumedAgain();
    },
  );

  test.each(['first', 'second'] as const)(
    'that comes while logins are under way, at the %s gateway, leaves none of them',
    async (name) => {
      let round = 0;
      const delays = fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 16, maxLength: 16 });
      await fc.assert(
        fc.asyncProperty(delays, fc.integer({ min: 0, max: 250 }), async (logins, revocation) => {
          const dbUser = `racer_${name}_${round++}`;
          await gateways.server.sql(`CREATE ROLE ${dbUser} LOGIN`);
          const login = await issued(anna, dbUser);
          const nodes = [gateways.first, gateways.second];
          const outcomes = logins.map(async (ms, at) => {
            await sleep(ms);
            const node = nodes[at % 2] ?? gateways.first;
            return logIn(node, login, APP).then(
              (client) => client,
              (error: Error & { code?: string }) => error.code ?? error.message,
            );
          });
          await sleep(revocation);
          await must(gateways[name].root, 'keyshift', 'RevokeAccess', { DbUser: dbUser });
          const after = [loginRefusal(gateways.first, login, APP), loginRefusal(gateways.second, login, APP)];
          for (const refusal of await Promise.all(after)) expect(refusal).toMatchObject(REVOKED);
          const clients = await Promise.all(outcomes);
          for (const client of clients)
            if (typeof client === 'string') expect(['28000', '57P01']).toContain(client);
          await expect.poll(() => backendsOf(dbUser), { timeout: ENDED_MS_MAX }).toEqual([]);
          for (const client of clients) if (typeof client !== 'string') await client.end().catch(() => {});
        }),
        { numRuns: ROUNDS, endOnFailure: true },
      );
    },
    ROUNDS * 10_000,
  );
});

function lastError(bytes: Buffer): Record<string, string> {
  const at = bytes.lastIndexOf(Buffer.from('SFATAL\0')) - 5;
  const length = bytes.readInt32BE(at + 1);
  return errorFields({
    letter: bytes.toString('latin1', at, at + 1),
    body: bytes.subarray(at + 5, at + 1 + length),
  });
}

/** Of the sessions that there are, which are all of one. */
async function credentialInUse(): Promise<string> {
  const answer = await must(gateways.second.root, 'keyshift', 'ListSessions');
  const [id = ''] = answer
    .texts('member')
    .map((line) => (JSON.parse(line) as { credentialId: string | null }).credentialId)
    .filter((credentialId) => credentialId !== null);
  return id;
}

/** A revocation of a role ends its sessions of STS as well. */
async function assumedAgain(): Promise<Endpoint> {
  await nextSecond();
  await nextSecond();
  return assume(anna, roleArn);
}
