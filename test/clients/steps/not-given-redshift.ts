import type { NotGiven } from './not-given.ts';

/** Documented errors of Redshift's services that no step provokes, each with the reason why it is not given. */

const none = (errors: readonly string[], reason: string): NotGiven[] =>
  errors.map((error) => ({ error, reason }));
const of = (operations: readonly string[], error: string, reason: string): NotGiven => ({
  error,
  operations,
  reason,
});
const DOMAINS = [
  'CreateCustomDomainAssociation',
  'ModifyCustomDomainAssociation',
  'DeleteCustomDomainAssociation',
];
const CATALOG = ['ListDatabases', 'ListSchemas', 'ListTables', 'DescribeTable'];

export const REDSHIFT_NOT_GIVEN: readonly NotGiven[] = [
  ...none(['InternalServerException'], 'our own failures are bugs'),
  ...none(
    [
      'BucketNotFoundFault',
      'DependentServiceAccessDenied',
      'DependentServiceRequestThrottlingFault',
      'DependentServiceUnavailableFault',
      'InsufficientS3BucketPolicyFault',
      'RedshiftIdcApplicationNotExists',
      'UnauthorizedOperation',
    ],
    'no other service of AWS is asked',
  ),
  ...none(
    [
      'InvalidClusterSubnetStateFault',
      'InvalidElasticIpFault',
      'InvalidVPCNetworkStateFault',
      'Ipv6CidrBlockNotFoundFault',
      'SubnetAlreadyInUse',
    ],
    'there is no network: addresses are refused as unsupported, and subnets belong to nobody',
  ),
  ...none(
    ['HsmClientCertificateNotFoundFault', 'HsmConfigurationNotFoundFault', 'SnapshotScheduleNotFound'],
    'hardware modules and snapshot schedules are refused as unsupported',
  ),
  ...none(
    [
      'AccessToSnapshotDenied',
      'ClusterSnapshotAlreadyExists',
      'ClusterSnapshotQuotaExceeded',
      'InvalidClusterSnapshotState',
    ],
    'there are no snapshots',
  ),
  ...none(
    ['InsufficientClusterCapacity', 'LimitExceededFault', 'NumberOfNodesQuotaExceeded', 'TableLimitExceeded'],
    'nodes and tables are not counted',
  ),
  of(['CreateCluster'], 'ClusterQuotaExceeded', 'test/walk/accounts-clusters.test.ts has it'),
  of(['CreateCluster'], 'InvalidSubnet', 'a cluster names a subnet group, whose subnets were checked'),
  of(['CreateCluster'], 'InvalidClusterSubnetGroupStateFault', 'a subnet group has no states'),
  of(['ModifyCluster'], 'ClusterAlreadyExists', 'clusters are not renamed'),
  of(['ModifyCluster'], 'CustomCnameAssociationFault', 'clusters are not renamed'),
  of(['ModifyCluster'], 'InvalidClusterSecurityGroupState', 'a security group has no states'),
  of(['ModifyCluster'], 'UnsupportedOptionFault', 'what is not there is UnsupportedOperation'),
  of(['DeleteCluster'], 'InvalidRetentionPeriodFault', 'it is about the final snapshot'),
  of(
    ['DeleteCluster', 'EnableLogging', 'DisableLogging'],
    'InvalidClusterState',
    'only while a cluster is made or deleted, which is over in a moment',
  ),
  of(['CreateTags'], 'InvalidClusterState', 'tags may be set in every state'),
  of(
    ['PauseCluster', 'ResumeCluster'],
    'UnsupportedOperation',
    'only for external servers: test/walk/external-cluster.test.ts has it',
  ),
  of(
    [
      ...DOMAINS,
      'DescribeCustomDomainAssociations',
      'DescribeLoggingStatus',
      'DisableLogging',
      'DescribeNodeConfigurationOptions',
    ],
    'UnsupportedOperation',
    'it is supported everywhere',
  ),
  of(
    ['ModifyCustomDomainAssociation', 'DeleteCustomDomainAssociation'],
    'CustomCnameAssociationFault',
    'a name of another cluster, or of nobody, is not found',
  ),
  of(
    [
      'DescribeClusterParameterGroups',
      'DescribeClusterSecurityGroups',
      'DescribeClusterSubnetGroups',
      'DescribeClusters',
      'DescribeTags',
    ],
    'InvalidTagFault',
    'a filter that no tag can have finds nothing',
  ),
  of(['ModifyAuthenticationProfile'], 'AuthenticationProfileQuotaExceededFault', 'it makes no further one'),

  of(
    ['ExecuteStatement', 'BatchExecuteStatement'],
    'ResourceNotFoundException',
    'what is not found is a ValidationException, as on AWS',
  ),
  of(CATALOG, 'ResourceNotFoundException', 'what is not found is a ValidationException, as on AWS'),
  of(['ListStatements'], 'ResourceNotFoundException', 'a filter that nothing matches finds nothing'),
  ...none(
    ['BatchExecuteStatementException', 'ExecuteStatementException'],
    'a statement that cannot run is FAILED, and its description says why',
  ),
  ...none(
    [
      'ActiveSessionsExceededException',
      'ActiveStatementsExceededException',
      'ActiveWaitingRequestsExceededException',
    ],
    'they take as many requests as their limits: test/hostile/data-api.test.ts has them',
  ),
  ...none(
    ['DatabaseConnectionException'],
    'a login that the database refuses is what the caller asked for: ValidationException, with the reason',
  ),
  of(['CancelStatement'], 'QueryTimeoutException', 'canceling does not wait for the statement'),
  of(CATALOG, 'QueryTimeoutException', 'test/hostile/data-api.test.ts has it'),
];
