// The AWS SDK for JavaScript v3, with nothing set but AWS_ENDPOINT_URL.

import { spawnSync } from 'node:child_process';
import {
  DescribeClustersCommand,
  DescribeCustomDomainAssociationsCommand,
  GetClusterCredentialsCommand,
  GetClusterCredentialsWithIAMCommand,
  RedshiftClient,
} from '@aws-sdk/client-redshift';
import {
  GetCredentialsCommand,
  GetWorkgroupCommand,
  ListWorkgroupsCommand,
  RedshiftServerlessClient,
} from '@aws-sdk/client-redshift-serverless';
import { asRole, check, FACTS, refused, run } from './scenarios.mjs';

const redshift = new RedshiftClient({});
const serverless = new RedshiftServerlessClient({});
const ClusterIdentifier = FACTS.cluster;

await run({
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
