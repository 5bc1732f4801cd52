import type { ClusterServers } from './api/actions/redshift/deps.ts';
import { redshiftArn } from './core/arn.ts';
import type { RandomBytes } from './core/ids.ts';
import { Secret } from './core/secret.ts';
import type { Fleet } from './gateway/fleet.ts';
import type { Iam } from './iam/iam.ts';
import { putInlinePolicy } from './iam/inline-policies.ts';
import { createUser, findUser } from './iam/users.ts';
import type { Cluster, Clusters } from './redshift/clusters.ts';

/** `keyshift start --example`: what the first steps of the documentation use. Made once, and completed if a crash cut it short. */
export interface ExampleDeps {
  readonly accountId: string;
  readonly region: string;
  readonly iam: Iam;
  readonly clusters: Clusters;
  readonly servers: ClusterServers;
  readonly fleet: Fleet;
  readonly random: RandomBytes;
}

export const EXAMPLE = {
  cluster: 'examplecluster',
  database: 'exampledb',
  masterUsername: 'awsuser',
  dbUser: 'temp_creds_user',
  dbGroup: 'example_group',
  iamUser: 'alice',
  policy: 'example-login',
} as const;

/** Rows of example.sales. */
const SALES = 300;

export async function ensureExample(deps: ExampleDeps): Promise<void> {
  const cluster = await ensureCluster(deps);
  // Whoever paused it has used it: everything is there.
  if (cluster.status === 'paused') return;
  await deps.fleet.accessTo(cluster).admin(EXAMPLE.database).query(CONTENT);
  await ensureAlice(deps);
}

async function ensureCluster(deps: ExampleDeps): Promise<Cluster> {
  const find = () => deps.clusters.find(deps.accountId, EXAMPLE.cluster);
  const found = await find();
  if (found?.status === 'available' || found?.status === 'paused') return found;
  if (found !== undefined) {
    // A crash while it was made: nobody has used it, so it is made again.
    await deps.clusters.setStatus(found, ['failed', 'deleting'], 'deleting');
    await deps.servers.delete(found);
    await deps.fleet.settled();
  }
  await deps.servers.create({
    accountId: deps.accountId,
    identifier: EXAMPLE.cluster,
    masterUsername: EXAMPLE.masterUsername,
    // Nobody is told it: ModifyCluster gives the master user another.
    masterPassword: new Secret(`Aa1${deps.random(24).toString('hex')}`),
    databaseName: EXAMPLE.database,
    port: undefined,
    settings: {
      nodeType: 'ra3.large',
      numberOfNodes: 1,
      preferredMaintenanceWindow: 'sun:05:00-sun:05:30',
      tags: [],
    },
  });
  await deps.fleet.settled();
  const made = await find();
  if (made?.status !== 'available')
    throw new Error('the example cluster could not be made; the log says why');
  return made;
}

/** One statement list, run in one transaction: all of it is there, or none. */
const CONTENT = `
  DO $example$
  BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${EXAMPLE.dbUser}') THEN
      RETURN;
    END IF;
    CREATE ROLE ${EXAMPLE.dbUser} LOGIN PASSWORD NULL VALID UNTIL '-infinity' ADMIN keyshift_superuser;
    CREATE ROLE ${EXAMPLE.dbGroup} NOLOGIN ADMIN keyshift_superuser;
    CREATE SCHEMA example AUTHORIZATION keyshift_superuser;
    CREATE TABLE example.sales (
      sale_id integer PRIMARY KEY,
      sold_on date NOT NULL,
      region text NOT NULL,
      amount numeric(10, 2) NOT NULL
    );
    INSERT INTO example.sales
      SELECT n, date '2026-01-01' + n % 365, (ARRAY['north', 'east', 'south', 'west'])[n % 4 + 1],
             round((50 + (n * 37) % 950)::numeric + (n % 100) / 100.0, 2)
      FROM generate_series(1, ${SALES}) AS n;
    ALTER TABLE example.sales OWNER TO keyshift_superuser;
    GRANT USAGE ON SCHEMA example TO ${EXAMPLE.dbGroup};
    GRANT SELECT ON example.sales TO ${EXAMPLE.dbGroup};
  END
  $example$`;

async function ensureAlice({ iam, accountId, region }: ExampleDeps): Promise<void> {
  const userName = EXAMPLE.iamUser;
  if ((await findUser(iam, accountId, userName)) === undefined) {
    await createUser(iam, accountId, { userName, path: '/', tags: [], boundaryArn: undefined });
  }
  const arn = (kind: 'dbuser' | 'dbname' | 'dbgroup', name: string): string =>
    redshiftArn(region, accountId, kind, `${EXAMPLE.cluster}/${name}`);
  const document = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'LogInAsTempCredsUser',
        Effect: 'Allow',
        Action: ['redshift:GetClusterCredentials', 'redshift:CreateClusterUser'],
        Resource: [arn('dbuser', EXAMPLE.dbUser), arn('dbname', EXAMPLE.database)],
      },
      {
        Sid: 'JoinExampleGroup',
        Effect: 'Allow',
        Action: 'redshift:JoinGroup',
        Resource: arn('dbgroup', EXAMPLE.dbGroup),
      },
    ],
  });
  await putInlinePolicy(
    iam,
    accountId,
    { kind: 'user', name: userName },
    { policyName: EXAMPLE.policy, document },
  );
}
