import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ask } from './support/api.ts';
import { Keyshift, type StartOptions } from './support/keyshift.ts';
import { connect, loginFor, processesIn } from './support/servers.ts';

/** Where and as whom Keyshift can run. */

const isRoot = process.getuid?.() === 0;
const NOBODY = { uid: 65_534, gid: 65_534 };

/** Starts, serves a call and a session, and ends without leaving anything. */
async function serves(options: StartOptions & { readonly dataDir: string }): Promise<void> {
  const keyshift = await Keyshift.start(options);
  try {
    expect((await ask(keyshift.root, 'sts', 'GetCallerIdentity')).status).toBe(200);
    const session = await connect(keyshift, await loginFor(keyshift, { groups: ['example_group'] }));
    expect((await session.query('SELECT count(*)::int AS rows FROM example.sales')).rows).toEqual([
      { rows: 300 },
    ]);
    await session.end();
  } finally {
    expect(await keyshift.stop()).toBe(0);
  }
  expect(processesIn(options.dataDir)).toEqual([]);
  const complaints = keyshift.output.split('\n').filter((line) => /"level":(?:40|50)/.test(line));
  // Nobody here can help what is known against the embedded server's release.
  expect(complaints.filter((line) => !line.includes('has known holes'))).toEqual([]);
}

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'keyshift-users-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

test('it runs below a folder that only its own user may enter', { timeout: 60_000 }, () =>
  inFolder(async (folder) => {
    // As `mktemp -d` makes it: as root, the server's unprivileged user cannot even pass through.
    await chmod(folder, 0o700);
    await serves({ dataDir: join(folder, 'deep', 'er', 'data') });
  }),
);

test('it runs where the path is longer than a socket may have', { timeout: 60_000 }, () =>
  inFolder(async (folder) => {
    await serves({ dataDir: join(folder, 'a'.repeat(80), 'b c'.repeat(20)) });
  }),
);

test.runIf(isRoot)('it runs as an ordinary user without a home', { timeout: 60_000 }, () =>
  inFolder(async (folder) => {
    await chmod(folder, 0o755);
    const own = join(folder, 'own');
    await mkdir(own);
    await chown(own, NOBODY.uid, NOBODY.gid);
    await serves({ dataDir: join(own, 'data'), as: NOBODY, environment: { HOME: '/nonexistent' } });
  }),
);
