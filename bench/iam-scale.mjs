// What operations of IAM cost in an account with 1,000 users, and in one with 1,000,000: lookup, a page, a change,
// and a decision must not depend on the size of the account. Prints the ratio of each.
//
//   npm run --silent build && node bench/iam-scale.mjs [users of the large account]
//
// Each number is the median of the rounds, measured in this process against an embedded server, without HTTP.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MovableClock } from '../dist/core/clock.js';
import { systemRandom } from '../dist/core/ids.js';
import { silentLogger } from '../dist/core/logger.js';
import { parseQuotas } from '../dist/iam/account-quotas.js';
import { attachPolicy, detachPolicy } from '../dist/iam/attachments.js';
import { authorize } from '../dist/iam/authorize.js';
import { contextOf } from '../dist/iam/context.js';
import { Directory } from '../dist/iam/directory.js';
import { deleteEntity } from '../dist/iam/entity-changes.js';
import { markerAfter } from '../dist/iam/pages.js';
import { PasswordHasher } from '../dist/iam/password-hasher.js';
import { listPolicies } from '../dist/iam/policy-lists.js';
import { createUser, getUser, listUsers } from '../dist/iam/users.js';
import { startEmbedded } from '../dist/postgres/embedded.js';
import { openStore } from '../dist/store/open-store.js';
import { masterKeySealer } from '../dist/store/sealer.js';

const SMALL = 1_000;
const LARGE = Number(process.argv[2] ?? 1_000_000);
const ROUNDS = 300;
const GOAL = 1.5;
/** Users in one group, and of each policy. */
const PER_GROUP = 10;

const folder = await mkdtemp(join(tmpdir(), 'keyshift-scale-'));
const server = await startEmbedded({
  dataDir: join(folder, 'postgres'),
  name: 'scale',
  durable: false,
  maxConnections: 20,
  logger: silentLogger,
});
const store = await openStore({
  socketDir: server.socketDir,
  port: server.port,
  user: 'keyshift_admin',
  database: 'postgres',
});
try {
  const iam = {
    store,
    clock: new MovableClock(),
    random: systemRandom,
    sealer: masterKeySealer(Buffer.alloc(32, 7), systemRandom),
    passwords: new PasswordHasher(systemRandom),
    quotas: parseQuotas('users=10000000'),
  };
  const accounts = [
    { id: '100000000001', users: SMALL },
    { id: '100000000002', users: LARGE },
  ];
  for (const { id, users } of accounts) await load(id, users);
  await store.query('VACUUM ANALYZE');
  const results = [];
  for (const [name, operation] of Object.entries(operations(iam))) {
    const medians = await measure(accounts, operation);
    results.push({ name, small: medians[0], large: medians[1], ratio: medians[1] / medians[0] });
  }
  console.log(
    `users: ${SMALL.toLocaleString('en-US')} and ${LARGE.toLocaleString('en-US')}; milliseconds, median of ${ROUNDS}`,
  );
  for (const { name, small, large, ratio } of results) {
    console.log(`${name.padEnd(22)} ${small.toFixed(3)} ${large.toFixed(3)}  ratio ${ratio.toFixed(2)}`);
  }
  const worst = Math.max(...results.map(({ ratio }) => ratio));
  console.log(`worst ratio ${worst.toFixed(2)}, goal at most ${GOAL}`);
  process.exitCode = worst <= GOAL ? 0 : 1;
} finally {
  await store.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** An account with users u0, u1, …, a tenth as many groups and policies; each user has a group, a tag and a policy. */
async function load(account, users) {
  const groups = users / PER_GROUP;
  const fill = async (sql, ...values) => {
    await store.query(sql, [account, ...values]);
    // Foreign keys are checked by cached plans; one made for a small table would read the large one from its start.
    await store.query('ANALYZE');
  };
  await fill('INSERT INTO keyshift.accounts (account_id, created_at) VALUES ($1, now())');
  await fill(
    `INSERT INTO keyshift.iam_users (account_id, id, name, path, created_at)
     SELECT $1, 'AIDA' || n, 'u' || n, '/', now() FROM generate_series(0, $2 - 1) AS n`,
    users,
  );
  await fill(
    `INSERT INTO keyshift.iam_groups (account_id, id, name, path, created_at)
     SELECT $1, 'AGPA' || n, 'g' || n, '/', now() FROM generate_series(0, $2 - 1) AS n`,
    groups,
  );
  await fill(
    `INSERT INTO keyshift.iam_policies
       (account_id, id, name, path, default_version, newest_version, created_at, updated_at)
     SELECT $1, 'ANPA' || n, 'p' || n, '/', 1, 1, now(), now() FROM generate_series(0, $2 - 1) AS n`,
    groups,
  );
  await fill(
    `INSERT INTO keyshift.iam_policy_versions (account_id, policy_id, version, document, created_at)
     SELECT $1, 'ANPA' || n, 1, $3, now() FROM generate_series(0, $2 - 1) AS n`,
    groups,
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'redshift:GetClusterCredentials', Resource: '*' }],
    }),
  );
  await fill(
    `INSERT INTO keyshift.iam_group_members (account_id, group_id, user_id)
     SELECT $1, 'AGPA' || n / ${PER_GROUP}, 'AIDA' || n FROM generate_series(0, $2 - 1) AS n`,
    users,
  );
  await fill(
    `INSERT INTO keyshift.iam_policy_attachments (account_id, owner_id, policy_arn)
     SELECT $1, 'AGPA' || n, 'arn:aws:iam::' || $1 || ':policy/p' || n FROM generate_series(0, $2 - 1) AS n`,
    groups,
  );
  await fill(
    `INSERT INTO keyshift.iam_tags (account_id, owner_id, folded, key, value)
     SELECT $1, 'AIDA' || n, 'team', 'Team', 'x' FROM generate_series(0, $2 - 1) AS n`,
    users,
  );
}

function operations(iam) {
  const some = ({ users }, round) => (round * 7919) % users;
  const facts = { sourceIp: '127.0.0.1', secureTransport: true, userAgent: '', region: 'r', at: new Date() };
  return {
    GetUser: (account, round) => getUser(iam, account.id, `U${some(account, round)}`),
    'ListUsers page': (account, round) =>
      listUsers(iam, account.id, {
        marker: markerAfter(`u${some(account, round)}`),
      }),
    'ListPolicies page': (account) => listPolicies(iam, account.id, { scope: 'Local' }),
    AttachUserPolicy: async (account, round) => {
      const user = { kind: 'user', name: `u${some(account, round)}` };
      const arn = `arn:aws:iam::${account.id}:policy/p${round % 100}`;
      await attachPolicy(iam, account.id, user, arn);
      await detachPolicy(iam, account.id, user, arn);
    },
    CreateUser: async (account, round) => {
      await createUser(iam, account.id, { userName: `new${round}` });
      await deleteEntity(iam, account.id, { kind: 'user', name: `new${round}` });
    },
    // A directory of its own each time, so nothing is answered from memory; it needs no keys of sessions here.
    authorize: async (account, round) => {
      const directory = new Directory(iam.store, iam.sealer, undefined);
      const principal = await directory.findUser(account.id, `AIDA${some(account, round)}`);
      const decision = authorize(principal, {
        action: 'redshift:GetClusterCredentials',
        resource: 'arn:aws:redshift:r:1:dbuser:c/u',
        context: contextOf(principal, facts),
      });
      if (decision.effect !== 'allow') throw new Error('the decision is wrong');
    },
  };
}

/** Medians for each account. Its rounds take turns, so that what else the machine does meets all of them. */
async function measure(accounts, operation) {
  const times = accounts.map(() => []);
  for (let round = 0; round < ROUNDS + 20; round++) {
    for (const [index, account] of accounts.entries()) {
      const start = performance.now();
      await operation(account, round);
      if (round >= 20) times[index].push(performance.now() - start);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[Math.floor(all.length / 2)]);
}
