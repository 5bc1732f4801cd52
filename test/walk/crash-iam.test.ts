import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask } from './support/api.ts';
import { Keyshift } from './support/keyshift.ts';
import { seeded } from './support/seeded.ts';
import { killAllIn, sqlIn } from './support/servers.ts';

/**
 * Keyshift is killed, and now and then PostgreSQL with it, while administrators change identities. After each
 * restart everything that was answered is there, and nothing stands half: every row hangs on one that exists.
 * KEYSHIFT_CRASH_ROUNDS=200 makes the long run of it.
 */

const ROUNDS = Number(process.env['KEYSHIFT_CRASH_ROUNDS'] ?? 5);
const ROUND_MS_MAX = 30_000;
const DURABLE = { environment: { KEYSHIFT_UNSAFE_NO_FSYNC: '' } };
const DOCUMENT = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'iam:GetUser', Resource: '*' }],
});

let keyshift: Keyshift;
beforeAll(async () => {
  keyshift = await Keyshift.start(DURABLE);
});
afterAll(() => keyshift.close());

test(`${ROUNDS} crashes during changes of identities leave nothing half done`, {
  timeout: 60_000 + ROUNDS * ROUND_MS_MAX,
}, async () => {
  const chance = seeded('crashes of identities');
  let answered = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const work = [1, 2, 3].map((number) => new Administrator(keyshift, `r${round}a${number}`));
    await new Promise((resolve) => setTimeout(resolve, 200 + chance.below(1_000)));
    const isEnough = (): boolean => work.reduce((sum, { made }) => sum + made.length, answered) > round + 1;
    await expect.poll(isEnough, { timeout: ROUND_MS_MAX, interval: 5 }).toBe(true);
    await keyshift.kill();
    if (chance.below(3) === 0) await killAllIn(keyshift.dataDir);
    await Promise.all(work.map((one) => one.ended()));
    keyshift = await keyshift.again(DURABLE);
    expect(await brokenRules(), `round ${round}`).toEqual([]);
    for (const one of work) {
      answered += one.made.length;
      const names = new Set(
        (await ask(keyshift.root, 'iam', 'ListUsers', { MaxItems: '1000' })).texts('UserName'),
      );
      expect(
        one.made.filter((name) => !names.has(name)),
        `round ${round}: lost`,
      ).toEqual([]);
    }
    await removeUsers();
  }
  process.stdout.write(`crashes of identities: ${ROUNDS}, users answered: ${answered}\n`);
});

/** Makes users with everything that hangs on one, and deletes some, until nobody answers any more. */
class Administrator {
  /** Users whose making was answered and whose deletion was not asked for. */
  readonly made: string[] = [];
  readonly #running: Promise<void>;

  constructor(server: Keyshift, prefix: string) {
    this.#running = this.#run(server, prefix).catch(() => {});
  }

  ended(): Promise<void> {
    return this.#running;
  }

  async #run({ root }: Keyshift, prefix: string): Promise<void> {
    const call = async (action: string, parameters: Record<string, string>) => {
      const { status, text } = await ask(root, 'iam', action, parameters);
      if (status !== 200) throw new Error(`${action}: ${text}`);
    };
    for (let number = 0; ; number++) {
      const UserName = `${prefix}u${number}`;
      await call('CreateUser', {
        UserName,
        'Tags.member.1.Key': 'a',
        'Tags.member.1.Value': 'b',
        'Tags.member.2.Key': 'c',
        'Tags.member.2.Value': 'd',
      });
      this.made.push(UserName);
      await call('PutUserPolicy', { UserName, PolicyName: 'p', PolicyDocument: DOCUMENT });
      await call('CreatePolicy', { PolicyName: UserName, PolicyDocument: DOCUMENT });
      const PolicyArn = `arn:aws:iam::123456789012:policy/${UserName}`;
      await call('CreatePolicyVersion', { PolicyArn, PolicyDocument: DOCUMENT, SetAsDefault: 'true' });
      await call('DeleteUserPolicy', { UserName, PolicyName: 'p' });
      if (number % 2 === 0) continue;
      this.made.pop();
      await call('DeleteUser', { UserName });
    }
  }
}

/** What must hold of the store at any time, asked as what breaks it. */
const RULES: Readonly<Record<string, string>> = {
  'a tag, policy or attachment has an owner': `
    SELECT owner_id FROM (
      SELECT account_id, owner_id FROM keyshift.iam_tags
      UNION ALL SELECT account_id, owner_id FROM keyshift.iam_inline_policies
      UNION ALL SELECT account_id, owner_id FROM keyshift.iam_policy_attachments) AS owned
    WHERE NOT EXISTS (SELECT FROM keyshift.iam_users o WHERE o.account_id = owned.account_id AND o.id = owner_id)
      AND NOT EXISTS (SELECT FROM keyshift.iam_groups o WHERE o.account_id = owned.account_id AND o.id = owner_id)
      AND NOT EXISTS (SELECT FROM keyshift.iam_roles o WHERE o.account_id = owned.account_id AND o.id = owner_id)
      AND NOT EXISTS (SELECT FROM keyshift.iam_policies o WHERE o.account_id = owned.account_id AND o.id = owner_id)`,
  'a user made with two tags has both': `
    SELECT u.name FROM keyshift.iam_users u WHERE u.name ~ '^r\\d+a' AND 2 <> (
      SELECT count(*) FROM keyshift.iam_tags t WHERE t.account_id = u.account_id AND t.owner_id = u.id)`,
  'a policy has the version that is in force, and none is newer than the newest': `
    SELECT p.name FROM keyshift.iam_policies p WHERE NOT EXISTS (
      SELECT FROM keyshift.iam_policy_versions v
      WHERE v.account_id = p.account_id AND v.policy_id = p.id AND v.version = p.default_version)
    OR EXISTS (SELECT FROM keyshift.iam_policy_versions v
      WHERE v.account_id = p.account_id AND v.policy_id = p.id AND v.version > p.newest_version)`,
  'the counts are right': `
    SELECT c.thing FROM keyshift.iam_counts c WHERE c.count <> CASE c.thing
      WHEN 'iam_users' THEN (SELECT count(*) FROM keyshift.iam_users u WHERE u.account_id = c.account_id)
      WHEN 'iam_groups' THEN (SELECT count(*) FROM keyshift.iam_groups u WHERE u.account_id = c.account_id)
      WHEN 'iam_roles' THEN (SELECT count(*) FROM keyshift.iam_roles u WHERE u.account_id = c.account_id)
      WHEN 'iam_mfa_devices' THEN
        (SELECT count(*) FROM keyshift.iam_mfa_devices u WHERE u.account_id = c.account_id)
      ELSE (SELECT count(*) FROM keyshift.iam_policies u WHERE u.account_id = c.account_id) END`,
};

async function brokenRules(): Promise<string[]> {
  const broken: string[] = [];
  for (const [rule, sql] of Object.entries(RULES)) {
    const rows = await sqlIn(`${keyshift.dataDir}/store/server`, 'postgres', sql);
    if (rows.length > 0) broken.push(`${rule}: ${JSON.stringify(rows.slice(0, 3))}`);
  }
  return broken;
}

/** Makes room below the quota and the page of a list. */
async function removeUsers(): Promise<void> {
  await sqlIn(
    `${keyshift.dataDir}/store/server`,
    'postgres',
    `DELETE FROM keyshift.iam_tags WHERE owner_id IN (SELECT id FROM keyshift.iam_users WHERE name ~ '^r\\d+a');
     DELETE FROM keyshift.iam_inline_policies WHERE owner_id IN (SELECT id FROM keyshift.iam_users WHERE name ~ '^r\\d+a');
     DELETE FROM keyshift.iam_users WHERE name ~ '^r\\d+a';
     DELETE FROM keyshift.iam_policies WHERE name ~ '^r\\d+a'`,
  );
}
