import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SessionReport } from '../../src/api/actions/keyshift/deps.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { type EmbeddedServer, startEmbedded } from '../../src/postgres/embedded.ts';
import { must } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { logIn, loginRefusal } from './support/logins.ts';
import { loginFor, sqlIn } from './support/servers.ts';

// Access that ends on every node: one node serves the cluster, the other one is asked.

const MASTER_KEY = '5b'.repeat(32);

let folder: string;
let server: EmbeddedServer;
let serving: Keyshift;
let asked: Keyshift;

const options = (name: string, flags: readonly string[]) => ({
  dataDir: join(folder, name),
  flags,
  environment: {
    KEYSHIFT_DATABASE_URL: `postgresql://keyshift_admin@/postgres?host=${encodeURIComponent(server.socketDir)}`,
    KEYSHIFT_MASTER_KEY: MASTER_KEY,
  },
});

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keyshift-nodes-'));
  server = await startEmbedded({
    dataDir: join(folder, 'postgres'),
    name: 'keyshift-nodes',
    durable: false,
    maxConnections: 60,
    logger: silentLogger,
  });
  serving = await Keyshift.start(options('serving', ['--example']));
  asked = await Keyshift.start(options('asked', []));
});
afterAll(async () => {
  await Promise.all([serving?.stop(), asked?.stop()]);
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const ended = (client: Client): Promise<number> => {
  const began = Date.now();
  return new Promise((resolve) => client.once('end', () => resolve(Date.now() - began)));
};

async function sessions(node: Keyshift): Promise<SessionReport[]> {
  const answer = await must(node.root, 'keyshift', 'ListSessions');
  expect(answer.texts('SilentNodes')).toEqual(['0']);
  return answer.texts('member').map((line) => JSON.parse(line) as SessionReport);
}

describe('a node that serves no cluster', () => {
  test('shows the sessions of the one that does, and kills one', async () => {
    const client = await logIn(serving, await loginFor(serving));
    const [session, ...others] = await sessions(asked);
    expect(others).toEqual([]);
    expect(session).toMatchObject({ principalArn: 'arn:aws:iam::123456789012:root', sourceIp: '127.0.0.1' });
    const end = ended(client);
    const answer = await must(asked.root, 'keyshift', 'KillSession', {
      SessionId: session?.sessionId ?? '',
      Reason: 'from afar',
    });
    expect(answer.texts('SilentNodes')).toEqual(['0']);
    expect(await end).toBeLessThan(2_000);
    await expect.poll(() => sessions(asked)).toEqual([]);
  });

  test('revokes, and the other ends the sessions and refuses the credential', async () => {
    const login = await loginFor(asked, { dbUser: 'temp_creds_user' });
    const client = await logIn(serving, login);
    const end = ended(client);
    const answer = await must(asked.root, 'keyshift', 'RevokeAccess', { DbUser: 'temp_creds_user' });
    expect(answer.texts('SessionsEnded')).toEqual(['1']);
    expect(await end).toBeLessThan(2_000);
    expect(await loginRefusal(serving, login)).toMatchObject({
      code: '28000',
      detail: 'The credentials were revoked.',
    });
  });

  test('is heard within two seconds where notifications do not come through', async () => {
    const login = await loginFor(asked, { dbUser: 'unheard', autoCreate: true });
    const client = await logIn(serving, login);
    const end = ended(client);
    // As if the notification were lost: only the row is there.
    await sqlIn(
      server.socketDir,
      'postgres',
      `INSERT INTO keyshift.revocations (account_id, revocation_id, kind, subject, issued_before, ends_at, reason, revoked_by, revoked_at)
       VALUES ('123456789012', gen_random_uuid(), 'db-user', 'unheard', now() + interval '1 s', now() + interval '1 h', '', '', now())`,
    );
    expect(await end).toBeLessThan(2_000);
    expect((await loginRefusal(serving, login)).code).toBe('28000');
  });

  test('is heard also when the numbers of the entries, and how many there are, tell of no change', async () => {
    const login = await loginFor(asked, { dbUser: 'midway', autoCreate: true });
    const client = await logIn(serving, login);
    const end = ended(client);
    const entry = (sequence: number, subject: string) =>
      `INSERT INTO keyshift.revocations OVERRIDING SYSTEM VALUE
       SELECT '123456789012', gen_random_uuid(), ${sequence}, 'db-user', '${subject}', NULL, now() + interval '1 s',
              now() + interval '1 h', '', '', now()`;
    for (const sequence of [9_001, 9_002, 9_004]) {
      await sqlIn(server.socketDir, 'postgres', entry(sequence, `other_${sequence}`));
    }
    // Until the node has looked at these.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await sqlIn(
      server.socketDir,
      'postgres',
      `WITH gone AS (DELETE FROM keyshift.revocations WHERE sequence = 9002) ${entry(9_003, 'midway')}`,
    );
    expect(await end).toBeLessThan(5_000);
    expect((await loginRefusal(serving, login)).code).toBe('28000');
    await sqlIn(server.socketDir, 'postgres', 'DELETE FROM keyshift.revocations WHERE sequence > 9000');
  });

  test('is missed when it has gone without a word, and nobody waits for it', async () => {
    await asked.kill();
    // The store hears of it by the connections that have ended.
    await expect.poll(() => sessions(serving)).toEqual([]);
    const began = Date.now();
    expect(await sessions(serving)).toEqual([]);
    expect(Date.now() - began).toBeLessThan(1_500);
    asked = await asked.again(options('asked', []));
  });
});

test('a gateway that cannot ask the store lets nobody in, and keeps who is in', async () => {
  const login = await loginFor(serving, { dbUser: 'inside', autoCreate: true });
  const client = await logIn(serving, login);
  await server.stop();
  // Longer than a list of revocations is believed.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const refusal = await loginRefusal(serving, login);
  expect(refusal.severity).toBe('FATAL');
  expect(['57P03', 'XX000']).toContain(refusal.code);
  expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  await client.end();
});
