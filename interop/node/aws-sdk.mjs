// The AWS SDK for JavaScript v3, with nothing set but AWS_ENDPOINT_URL.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  DescribeClustersCommand,
  DescribeCustomDomainAssociationsCommand,
  GetClusterCredentialsCommand,
  GetClusterCredentialsWithIAMCommand,
  RedshiftClient,
} from '@aws-sdk/client-redshift';
import {
  DescribeStatementCommand,
  ExecuteStatementCommand,
  paginateGetStatementResult,
  RedshiftDataClient,
} from '@aws-sdk/client-redshift-data';
import {
  GetCredentialsCommand,
  GetWorkgroupCommand,
  ListWorkgroupsCommand,
  RedshiftServerlessClient,
} from '@aws-sdk/client-redshift-serverless';
import { asRole, check, FACTS, refused, run } from './scenarios.mjs';

const redshift = new RedshiftClient({});
const serverless = new RedshiftServerlessClient({});
const data = new RedshiftDataClient({});
const ClusterIdentifier = FACTS.cluster;

/** Runs a statement of the Data API to its end. */
async function ended(Sql, Parameters) {
  const where = { ClusterIdentifier, Database: FACTS.database, DbUser: FACTS.dbUser };
  const { Id } = await data.send(new ExecuteStatementCommand({ ...where, Sql, Parameters }));
  for (;;) {
    const told = await data.send(new DescribeStatementCommand({ Id }));
    if (['FINISHED', 'FAILED', 'ABORTED'].includes(told.Status)) return told;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await run({
  documented: async () => {
    const [_http, _https, code] = FACTS.strings;
    // Where its modules are found.
    const program = join(import.meta.dirname, 'documented.mjs');
    writeFileSync(program, `${code}\nconsole.log(credentials.DbUser);`);
    const command = ['shell/documented.sh', process.execPath, '--no-warnings', program];
    const { stdout, stderr } = spawnSync('bash', command, { encoding: 'utf8' });
    check(stdout === `IAM:${FACTS.dbUser}:${FACTS.dbGroup}\n`.repeat(2), `${stdout}${stderr}`);
  },
  api: async () => {
    const { Clusters } = await redshift.send(new DescribeClustersCommand({ ClusterIdentifier }));
    check(Clusters[0].Endpoint.Port === FACTS.port, Clusters[0].Endpoint);
    const credentials = await redshift.send(
      new GetClusterCredentialsCommand({
        ClusterIdentifier,
        DbUser: FACTS.dbUser,
        AutoCreate: true,
        DbGroups: [],
      }),
    );
    check(credentials.DbUser === `IAMA:${FACTS.dbUser}`, credentials.DbUser);
    check(credentials.Expiration instanceof Date, 'the expiration is no date');
    await refused(
      () => redshift.send(new DescribeClustersCommand({ ClusterIdentifier: 'nowhere' })),
      'ClusterNotFound',
      'Cluster nowhere not found.',
    );
    await refused(
      () => redshift.send(new DescribeCustomDomainAssociationsCommand({ CustomDomainName: 'localhost' })),
      'CustomDomainAssociationNotFoundFault',
    );
  },
  iam: async () => {
    const own = await redshift.send(new GetClusterCredentialsWithIAMCommand({ ClusterIdentifier }));
    check(own.DbUser === 'IAM:RootIdentity', own.DbUser);
    const { workgroup } = await serverless.send(new GetWorkgroupCommand({ workgroupName: 'default' }));
    check(workgroup.endpoint.port === FACTS.port && workgroup.creationDate instanceof Date, workgroup);
    const { workgroups } = await serverless.send(new ListWorkgroupsCommand({}));
    check(workgroups.length === 1, workgroups);
    const credentials = await serverless.send(new GetCredentialsCommand({ workgroupName: 'default' }));
    check(
      credentials.dbUser === 'IAM:RootIdentity' && credentials.expiration > new Date(0),
      credentials.dbUser,
    );
    await refused(
      () => serverless.send(new GetWorkgroupCommand({ workgroupName: 'nowhere' })),
      'ResourceNotFoundException',
    );
  },
  data: async () => {
    const { Id } = await ended('SELECT :n::int AS n, null AS nothing', [{ name: 'n', value: '7' }]);
    const rows = [];
    for await (const { Records } of paginateGetStatementResult({ client: data }, { Id }))
      rows.push(...Records);
    check(rows.length === 1 && rows[0][0].longValue === 7 && rows[0][1].isNull === true, rows);
    const denied = await ended('SELECT count(*) FROM example.sales');
    check(denied.Status === 'FAILED' && denied.Error.includes('permission denied'), denied);
    const nobodys = new DescribeStatementCommand({ Id: '70662acc-f334-46f8-b953-3a9546796d7a' });
    await refused(() => data.send(nobodys), 'ResourceNotFoundException');
  },
  token: () =>
    asRole(async () => {
      const own = await new RedshiftClient({}).send(
        new GetClusterCredentialsWithIAMCommand({ ClusterIdentifier }),
      );
      check(own.DbUser === FACTS.session.dbUser, own.DbUser);
      const credentials = await new RedshiftServerlessClient({}).send(
        new GetCredentialsCommand({ workgroupName: 'default' }),
      );
      check(credentials.dbUser === FACTS.session.dbUser, credentials.dbUser);
    }),
  // Node.js reads its additional authorities when it starts.
  verify: async () => {
    const work = `
      import { DescribeClustersCommand, RedshiftClient } from '@aws-sdk/client-redshift';
      await new RedshiftClient({ endpoint: ${JSON.stringify(FACTS.endpointTls)} }).send(new DescribeClustersCommand({}));`;
    const call = (authority) =>
      spawnSync(process.execPath, ['--input-type=module', '--eval', work], {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        env: { ...process.env, NODE_EXTRA_CA_CERTS: authority },
      });
    const trusted = call(FACTS.caFile);
    check(trusted.status === 0, trusted.stderr);
    const other = call(FACTS.otherCaFile);
    check(other.status !== 0 && other.stderr.includes('certificate'), other.stderr);
  },
});
