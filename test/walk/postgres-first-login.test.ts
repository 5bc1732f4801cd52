import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import { type Provisioned, provision } from '../../src/postgres/provision.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { startMasterServer } from './support/master-server.ts';

// The roles of a first login are made by what was seen before their transaction had the lock. What changes in between
// must not hold for less than it would have before.

const folder = mkdtempSync(join(tmpdir(), 'keyshift-first-'));
let server: EmbeddedServer;
let access: ServerAccess;
let users = 0;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'first'));
});
afterAll(async () => {
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function rows<Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> {
  return (await access.admin('postgres').query<Row>(sql, values)).rows;
}

const logIn = (dbUser: string, groups: string[], autoCreate: boolean): Promise<Provisioned> =>
  provision(access, { dbUser, displayName: `IAM:${dbUser}`, groups, autoCreate, database: 'dev' });

/** Lets a login come as far as the lock, changes something, and lets it go on. */
async function changedAtTheLock<T>(login: () => Promise<T>, statements: readonly string[]): Promise<T> {
  const client = await access.admin('postgres').connect();
  try {
    await client.query('BEGIN; LOCK TABLE keyshift.role_change IN SHARE ROW EXCLUSIVE MODE');
    const outcome = login();
    outcome.catch(() => {});
    const waiting = "SELECT FROM pg_locks WHERE relation = 'keyshift.role_change'::regclass AND NOT granted";
    await expect.poll(async () => (await client.query(waiting)).rowCount).toBe(1);
    for (const statement of statements) await client.query(statement);
    await client.query('COMMIT');
    return await outcome;
  } finally {
    client.release();
  }
}

interface SessionRow {
  readonly stands: boolean;
  readonly limit: number;
  readonly settings: string[];
}

/** Whether the session role says that it stands for the user and the group that have these names now. */
async function sessionRole(user: string, group: string): Promise<SessionRow | undefined> {
  const found = await rows<SessionRow>(
    `SELECT s.user_id = $1::text::regrole AND s.group_ids = ARRAY[$2::text::regrole::oid]
        AND pg_has_role(s.role_id, $1::text::regrole, 'SET') AND pg_has_role(s.role_id, $2::text::regrole, 'USAGE')
        AND NOT pg_has_role(s.role_id, $2::text::regrole, 'SET') AS stands,
       r.rolconnlimit AS limit, r.rolconfig AS settings
     FROM keyshift.session_role($3) s JOIN pg_roles r ON r.oid = s.role_id`,
    [user, group, `IAM:${user}:${group}`],
  );
  return found[0];
}

/** What is there at first (`user`: the user too), what changes, and how the login then ends. */
interface Change {
  readonly user: boolean;
  readonly change: (user: string, group: string) => string[];
  readonly refused?: string;
  readonly limit?: number;
  readonly setting?: string;
}

const CHANGES: Readonly<Record<string, Change>> = {
  'the user was made': { user: false, change: (user) => [`CREATE ROLE ${user} LOGIN`] },
  'the user was made, and may not log in': {
    user: false,
    change: (user) => [`CREATE ROLE ${user}`],
    refused: '28000',
  },
  'the user was dropped': { user: true, change: (user) => [`DROP ROLE ${user}`], refused: '42704' },
  'the user was renamed, and another has its name': {
    user: true,
    change: (user) => [`ALTER ROLE ${user} RENAME TO was_${user}`, `CREATE ROLE ${user} LOGIN`],
  },
  'the user was given a limit of connections': {
    user: true,
    change: (user) => [`ALTER ROLE ${user} CONNECTION LIMIT 3`],
    limit: 3,
  },
  'the user was given a setting': {
    user: true,
    change: (user) => [`ALTER ROLE ${user} SET work_mem TO '77kB'`],
    setting: 'work_mem=77kB',
  },
  'the user became a superuser of PostgreSQL': {
    user: true,
    change: (user) => [`ALTER ROLE ${user} SUPERUSER`],
    refused: '28000',
  },
  'the group was dropped': {
    user: false,
    change: (_, group) => [`DROP ROLE ${group}`],
    refused: '42704',
  },
  'the group was dropped and made again': {
    user: false,
    change: (_, group) => [`DROP ROLE ${group}`, `CREATE ROLE ${group}`],
  },
  'the group became a user': {
    user: false,
    change: (_, group) => [`ALTER ROLE ${group} LOGIN`],
    refused: '42704',
  },
  'the name of the session role was taken': {
    user: false,
    change: (user, group) => [`CREATE ROLE "IAM:${user}:${group}"`],
    refused: '42710',
  },
};

describe.each(Object.entries(CHANGES))('while a first login waits, %s', (_name, changed) => {
  test(
    changed.refused === undefined ? 'and it holds for the session' : 'and the login is refused',
    async () => {
      const [user, group] = [`user_${++users}`, `group_${users}`];
      await rows(`CREATE ROLE ${group}`);
      if (changed.user) await rows(`CREATE ROLE ${user} LOGIN`);
      const login = changedAtTheLock(() => logIn(user, [group], !changed.user), changed.change(user, group));
      if (changed.refused !== undefined) {
        await expect(login).rejects.toMatchObject({ sqlState: changed.refused });
        expect(await rows('SELECT FROM keyshift.session_role($1)', [`IAM:${user}:${group}`])).toEqual([]);
        // What the refused login had begun is taken back.
        const left = await rows('SELECT FROM pg_roles WHERE rolname = $1', [user]);
        const isThere =
          changed.user || changed.change(user, group).some((sql) => sql.includes(`CREATE ROLE ${user}`));
        const isGone = changed.change(user, group).includes(`DROP ROLE ${user}`);
        expect(left.length).toBe(isThere && !isGone ? 1 : 0);
        return;
      }
      const isMadeByLogin = !changed.user && !changed.change(user, group).some((sql) => sql.includes(user));
      expect(await login).toMatchObject({ loginRole: `IAM:${user}:${group}`, created: isMadeByLogin });
      const role = await sessionRole(user, group);
      expect(role).toMatchObject({ stands: true, limit: changed.limit ?? -1 });
      if (changed.setting !== undefined) expect(role?.settings).toContain(changed.setting);
    },
  );
});

test('four questions to the server make a user and its session role; the next login asks one', async () => {
  await rows('CREATE ROLE counted_group');
  const asked = vi.spyOn(Client.prototype, 'query');
  try {
    await logIn('counted', ['counted_group'], true);
    expect(asked).toHaveBeenCalledTimes(4);
    asked.mockClear();
    await logIn('counted', ['counted_group'], false);
    expect(asked.mock.calls.length).toBeLessThanOrEqual(2);
  } finally {
    asked.mockRestore();
  }
  expect(await sessionRole('counted', 'counted_group')).toMatchObject({ stands: true });
});
