import { ACCOUNT, type ClientStep, refused, step, tags } from './step.ts';

/** Amazon Redshift and Redshift Serverless, with the example's cluster and one that the steps make and delete. */

const redshift = { service: 'redshift' } as const;
const serverless = { service: 'redshift-serverless' } as const;
const REGION = 'us-west-2';

const EXAMPLE = { ClusterIdentifier: 'examplecluster' };
const WALK = { ClusterIdentifier: 'walk-cluster' };
const NONE = { ClusterIdentifier: 'none' };
const NO_CLUSTER = 'Cluster none not found.';
const NEW = { ...WALK, NodeType: 'ra3.large', MasterUsername: 'awsuser', MasterUserPassword: 'Password1' };
const arn = (kind: string, name: string): string => `arn:aws:redshift:${REGION}:${ACCOUNT}:${kind}:${name}`;

const ok = (operation: string, input = {}, output = {}, options = {}): ClientStep =>
  step(operation, input, output, { ...redshift, ...options });
const no = (operation: string, input: object, error: string, message: string, options = {}): ClientStep =>
  refused(operation, { ...input }, error, message, { ...redshift, ...options });
/** Waits until the cluster is in that state. */
const until = (ClusterStatus: string, cluster = WALK): ClientStep =>
  ok('DescribeClusters', cluster, {}, { until: { Clusters: [{ ClusterStatus }] } });
const paged = (operation: string, input: object, list: string, key: string, least: number): ClientStep => ({
  operation,
  input: { ...input },
  paged: { [list]: key },
  least,
  // The smallest and the largest page of Redshift.
  size: 20,
  whole: 100,
  ...redshift,
});

const GROUP = { ParameterGroupName: 'walk-parameters' };
const NO_GROUP = { ParameterGroupName: 'none' };
const NO_PARAMETERS = 'ParameterGroup not found: none';
const DEFAULT_GROUP = { ParameterGroupName: 'default.redshift-1.0' };
const QUERY_GROUP = { ParameterName: 'query_group', ParameterValue: 'walk' };
const FAMILY = { ParameterGroupFamily: 'redshift-1.0', Description: 'd' };
const many = (count: number): number[] => Array.from({ length: count }, (_, n) => n + 1);
const TOO_MANY_TAGS = { Tags: tags(51) };
const BAD_TAG = { Tags: [{ Key: 'aws:a', Value: 'b' }] };
const TAG_LIMIT = 'A resource can have at most 50 tags.';
const TAG_TEXT = '~A tag needs a key of 1 to 128 .+';
const IN_USE = (kind: string, name: string): string => `The ${kind} group ${name} is in use by a cluster.`;

const parameterGroupSteps: readonly ClientStep[] = [
  ok(
    'CreateClusterParameterGroup',
    { ...GROUP, ...FAMILY, Tags: tags(1) },
    {
      ClusterParameterGroup: { ...GROUP, ...FAMILY, Tags: tags(1) },
    },
  ),
  no(
    'CreateClusterParameterGroup',
    { ...GROUP, ...FAMILY },
    'ClusterParameterGroupAlreadyExists',
    'ParameterGroup walk-parameters already exists',
  ),
  no(
    'CreateClusterParameterGroup',
    { ...NO_GROUP, ...FAMILY, ...TOO_MANY_TAGS },
    'TagLimitExceededFault',
    TAG_LIMIT,
  ),
  no('CreateClusterParameterGroup', { ...NO_GROUP, ...FAMILY, ...BAD_TAG }, 'InvalidTagFault', TAG_TEXT),
  no(
    'CreateClusterParameterGroup',
    { ...NO_GROUP, ...FAMILY, ParameterGroupFamily: 'redshift-9.0' },
    'InvalidParameterValue',
    'ParameterGroupFamily must be one of: redshift-1.0, redshift-2.0.',
  ),
  ...many(19).map((n) =>
    ok('CreateClusterParameterGroup', { ...FAMILY, ParameterGroupName: `walk${n}`, Tags: tags(2) }),
  ),
  no(
    'CreateClusterParameterGroup',
    { ...NO_GROUP, ...FAMILY },
    'ClusterParameterGroupQuotaExceeded',
    'There can be at most 20 parameter groups.',
  ),
  paged('DescribeClusterParameterGroups', {}, 'ParameterGroups', 'ParameterGroupName', 21),
  paged('DescribeTags', { TagKeys: ['key0'] }, 'TaggedResources', 'ResourceName', 20),
  ok('DescribeClusterParameterGroups', GROUP, { ParameterGroups: [GROUP] }),
  no('DescribeClusterParameterGroups', NO_GROUP, 'ClusterParameterGroupNotFound', NO_PARAMETERS),
  ok(
    'ModifyClusterParameterGroup',
    {
      ...GROUP,
      Parameters: [{ ParameterName: 'statement_timeout', ParameterValue: '60000', ApplyType: 'static' }],
    },
    { ...GROUP, ParameterGroupStatus: '~Your parameter group has been updated.+' },
  ),
  no(
    'ModifyClusterParameterGroup',
    { ...NO_GROUP, Parameters: [QUERY_GROUP] },
    'ClusterParameterGroupNotFound',
    NO_PARAMETERS,
  ),
  no(
    'ModifyClusterParameterGroup',
    { ...DEFAULT_GROUP, Parameters: [QUERY_GROUP] },
    'InvalidClusterParameterGroupState',
    'The default parameter group default.redshift-1.0 cannot be changed.',
  ),
  no(
    'ModifyClusterParameterGroup',
    { ...GROUP, Parameters: [{ ParameterName: 'wal_level', ParameterValue: 'x' }] },
    'InvalidParameterValue',
    'Could not find parameter with name: wal_level',
  ),
  ok(
    'DescribeClusterParameters',
    { ...GROUP, Source: 'user' },
    {
      Parameters: [
        {
          ParameterName: 'statement_timeout',
          ParameterValue: '60000',
          Source: 'user',
          DataType: 'integer',
          AllowedValues: '0,100-2147483647',
          ApplyType: 'static',
          IsModifiable: true,
        },
      ],
    },
  ),
  paged('DescribeClusterParameters', GROUP, 'Parameters', 'ParameterName', 13),
  no('DescribeClusterParameters', NO_GROUP, 'ClusterParameterGroupNotFound', NO_PARAMETERS),
  ok(
    'DescribeDefaultClusterParameters',
    { ParameterGroupFamily: 'redshift-2.0' },
    {
      DefaultClusterParameters: { ParameterGroupFamily: 'redshift-2.0' },
    },
  ),
  ok('ResetClusterParameterGroup', { ...GROUP, ResetAllParameters: true }, GROUP),
  no('ResetClusterParameterGroup', NO_GROUP, 'ClusterParameterGroupNotFound', NO_PARAMETERS),
  no(
    'ResetClusterParameterGroup',
    DEFAULT_GROUP,
    'InvalidClusterParameterGroupState',
    'The default parameter group default.redshift-1.0 cannot be changed.',
  ),
  ...many(19).map((n) => ok('DeleteClusterParameterGroup', { ParameterGroupName: `walk${n}` })),
  no('DeleteClusterParameterGroup', NO_GROUP, 'ClusterParameterGroupNotFound', NO_PARAMETERS),
];

const SUBNETS = {
  ClusterSubnetGroupName: 'walk-subnets',
  Description: 'd',
  SubnetIds: ['subnet-1', 'subnet-2'],
};
const NO_SUBNETS = { ClusterSubnetGroupName: 'none' };
const NO_SUBNETS_TEXT = 'Cluster subnet group none not found.';
const SECURITY = { ClusterSecurityGroupName: 'walk-security' };
const NO_SECURITY = { ClusterSecurityGroupName: 'none' };
const NO_SECURITY_TEXT = 'Cluster security group none not found.';

const networkSteps: readonly ClientStep[] = [
  ok(
    'CreateClusterSubnetGroup',
    { ...SUBNETS, Tags: tags(1) },
    {
      ClusterSubnetGroup: {
        ClusterSubnetGroupName: 'walk-subnets',
        SubnetGroupStatus: 'Complete',
        Subnets: [{ SubnetIdentifier: 'subnet-1' }, { SubnetIdentifier: 'subnet-2', SubnetStatus: 'Active' }],
        Tags: tags(1),
      },
    },
  ),
  no(
    'CreateClusterSubnetGroup',
    SUBNETS,
    'ClusterSubnetGroupAlreadyExists',
    'The subnet group walk-subnets already exists.',
  ),
  no(
    'CreateClusterSubnetGroup',
    { ...SUBNETS, ...NO_SUBNETS, ...TOO_MANY_TAGS },
    'TagLimitExceededFault',
    TAG_LIMIT,
  ),
  no('CreateClusterSubnetGroup', { ...SUBNETS, ...NO_SUBNETS, ...BAD_TAG }, 'InvalidTagFault', TAG_TEXT),
  no(
    'CreateClusterSubnetGroup',
    { ...SUBNETS, SubnetIds: ['vpc-1'] },
    'InvalidSubnet',
    'SubnetIds must be identifiers such as subnet-1a2b3c4d.',
  ),
  no(
    'CreateClusterSubnetGroup',
    { ...SUBNETS, SubnetIds: many(21).map((n) => `subnet-${n}`) },
    'ClusterSubnetQuotaExceededFault',
    'There can be at most 20 subnets in a subnet group.',
  ),
  ...many(49).map((n) => ok('CreateClusterSubnetGroup', { ...SUBNETS, ClusterSubnetGroupName: `walk${n}` })),
  no(
    'CreateClusterSubnetGroup',
    { ...SUBNETS, ...NO_SUBNETS },
    'ClusterSubnetGroupQuotaExceeded',
    'There can be at most 50 subnet groups.',
  ),
  paged('DescribeClusterSubnetGroups', {}, 'ClusterSubnetGroups', 'ClusterSubnetGroupName', 50),
  ...many(49).map((n) => ok('DeleteClusterSubnetGroup', { ClusterSubnetGroupName: `walk${n}` })),
  ok('DescribeClusterSubnetGroups', { TagKeys: ['key0'] }, { ClusterSubnetGroups: [{ VpcId: '~vpc-.+' }] }),
  ok('DescribeClusterSubnetGroups', { TagValues: ['other'] }, { ClusterSubnetGroups: [] }),
  no('DescribeClusterSubnetGroups', NO_SUBNETS, 'ClusterSubnetGroupNotFoundFault', NO_SUBNETS_TEXT),
  ok(
    'ModifyClusterSubnetGroup',
    { ...SUBNETS, SubnetIds: ['subnet-3'] },
    {
      ClusterSubnetGroup: { Subnets: [{ SubnetIdentifier: 'subnet-3' }] },
    },
  ),
  no(
    'ModifyClusterSubnetGroup',
    { ...SUBNETS, ...NO_SUBNETS },
    'ClusterSubnetGroupNotFoundFault',
    NO_SUBNETS_TEXT,
  ),
  no(
    'ModifyClusterSubnetGroup',
    { ...SUBNETS, SubnetIds: [''] },
    'InvalidSubnet',
    'SubnetIds must be identifiers such as subnet-1a2b3c4d.',
  ),
  no(
    'ModifyClusterSubnetGroup',
    { ...SUBNETS, SubnetIds: many(21).map((n) => `subnet-${n}`) },
    'ClusterSubnetQuotaExceededFault',
    'There can be at most 20 subnets in a subnet group.',
  ),
  no('DeleteClusterSubnetGroup', NO_SUBNETS, 'ClusterSubnetGroupNotFoundFault', NO_SUBNETS_TEXT),

  ok(
    'CreateClusterSecurityGroup',
    { ...SECURITY, Description: 'd', Tags: tags(1) },
    {
      ClusterSecurityGroup: { ...SECURITY, EC2SecurityGroups: [], IPRanges: [], Tags: tags(1) },
    },
  ),
  no(
    'CreateClusterSecurityGroup',
    { ...SECURITY, Description: 'd' },
    'ClusterSecurityGroupAlreadyExists',
    'The security group walk-security already exists.',
  ),
  no(
    'CreateClusterSecurityGroup',
    { ...NO_SECURITY, Description: 'd', ...TOO_MANY_TAGS },
    'TagLimitExceededFault',
    TAG_LIMIT,
  ),
  no(
    'CreateClusterSecurityGroup',
    { ...NO_SECURITY, Description: 'd', ...BAD_TAG },
    'InvalidTagFault',
    TAG_TEXT,
  ),
  ...many(19).map((n) =>
    ok('CreateClusterSecurityGroup', { ClusterSecurityGroupName: `walk${n}`, Description: 'd' }),
  ),
  no(
    'CreateClusterSecurityGroup',
    { ...NO_SECURITY, Description: 'd' },
    'QuotaExceeded.ClusterSecurityGroup',
    'There can be at most 20 security groups.',
  ),
  paged('DescribeClusterSecurityGroups', {}, 'ClusterSecurityGroups', 'ClusterSecurityGroupName', 20),
  ...many(19).map((n) => ok('DeleteClusterSecurityGroup', { ClusterSecurityGroupName: `walk${n}` })),
  ok('DescribeClusterSecurityGroups', { TagValues: ['value 0'] }, { ClusterSecurityGroups: [SECURITY] }),
  ok('DescribeClusterSecurityGroups', { TagKeys: ['other'] }, { ClusterSecurityGroups: [] }),
  no('DescribeClusterSecurityGroups', NO_SECURITY, 'ClusterSecurityGroupNotFound', NO_SECURITY_TEXT),
  no('DeleteClusterSecurityGroup', NO_SECURITY, 'ClusterSecurityGroupNotFound', NO_SECURITY_TEXT),
];

const NO_TRACK = 'The maintenance track none does not exist.';
const RETENTION = '~\\w+SnapshotRetentionPeriod must be .+';

/** Options that neither a new cluster nor a changed one can have. */
const badOptions = (operation: string, input: object): ClientStep[] =>
  (
    [
      [{ ClusterParameterGroupName: 'none' }, 'ClusterParameterGroupNotFound', NO_PARAMETERS],
      [{ ClusterSecurityGroups: ['none'] }, 'ClusterSecurityGroupNotFound', NO_SECURITY_TEXT],
      [{ MaintenanceTrackName: 'none' }, 'InvalidClusterTrack', NO_TRACK],
      [{ AutomatedSnapshotRetentionPeriod: 36 }, 'InvalidRetentionPeriodFault', RETENTION],
      [{ ManualSnapshotRetentionPeriod: 0 }, 'InvalidRetentionPeriodFault', RETENTION],
      [{ ManualSnapshotRetentionPeriod: 3654 }, 'InvalidRetentionPeriodFault', RETENTION],
      [
        { NumberOfNodes: 129 },
        'NumberOfNodesPerClusterLimitExceeded',
        'The operation would exceed the number of nodes allowed for a cluster, 128.',
      ],
      [{ ElasticIp: '192.0.2.1' }, 'UnsupportedOperation', '~Keyshift has no Elastic IP .+'],
    ] as const
  ).map(([more, error, message]) => no(operation, { ...input, ...more }, error, message));

const clusterSteps: readonly ClientStep[] = [
  ...badOptions('CreateCluster', NEW),
  no('CreateCluster', { ...NEW, ...NO_SUBNETS }, 'ClusterSubnetGroupNotFoundFault', NO_SUBNETS_TEXT),
  no('CreateCluster', { ...NEW, ...TOO_MANY_TAGS }, 'TagLimitExceededFault', TAG_LIMIT),
  no('CreateCluster', { ...NEW, ...BAD_TAG }, 'InvalidTagFault', TAG_TEXT),
  ok(
    'CreateCluster',
    {
      ...NEW,
      DBName: 'walk',
      ClusterType: 'multi-node',
      NumberOfNodes: 2,
      ClusterParameterGroupName: 'walk-parameters',
      ClusterSubnetGroupName: 'walk-subnets',
      ClusterSecurityGroups: ['walk-security'],
      VpcSecurityGroupIds: ['sg-1'],
      MaintenanceTrackName: 'trailing',
      AutomatedSnapshotRetentionPeriod: 35,
      ManualSnapshotRetentionPeriod: 3653,
      IamRoles: [`arn:aws:iam::${ACCOUNT}:role/reader`],
      Encrypted: true,
      KmsKeyId: 'arn:aws:kms:us-west-2:123456789012:key/1',
      Tags: tags(21),
    },
    { Cluster: { ...WALK, ClusterStatus: 'creating', ClusterAvailabilityStatus: 'Modifying' } },
  ),
  no('CreateCluster', NEW, 'ClusterAlreadyExists', 'Cluster already exists'),
  until('available'),
  ok('DescribeClusters', WALK, {
    Clusters: [
      {
        ...WALK,
        NodeType: 'ra3.large',
        ClusterStatus: 'available',
        ClusterAvailabilityStatus: 'Available',
        MasterUsername: 'awsuser',
        DBName: 'walk',
        AutomatedSnapshotRetentionPeriod: 35,
        ManualSnapshotRetentionPeriod: 3653,
        ClusterSecurityGroups: [{ ClusterSecurityGroupName: 'walk-security', Status: 'active' }],
        VpcSecurityGroups: [{ VpcSecurityGroupId: 'sg-1', Status: 'active' }],
        ClusterParameterGroups: [{ ...GROUP, ParameterApplyStatus: 'in-sync' }],
        ClusterSubnetGroupName: 'walk-subnets',
        VpcId: 'vpc-keyshift',
        AvailabilityZone: `${REGION}a`,
        PreferredMaintenanceWindow: 'sun:05:00-sun:05:30',
        PendingModifiedValues: {},
        ClusterVersion: '1.0',
        AllowVersionUpgrade: true,
        NumberOfNodes: 2,
        PubliclyAccessible: false,
        Encrypted: true,
        KmsKeyId: 'arn:aws:kms:us-west-2:123456789012:key/1',
        EnhancedVpcRouting: false,
        IamRoles: [{ IamRoleArn: `arn:aws:iam::${ACCOUNT}:role/reader`, ApplyStatus: 'in-sync' }],
        MaintenanceTrackName: 'trailing',
        AvailabilityZoneRelocationStatus: 'disabled',
        AquaConfiguration: { AquaStatus: 'disabled', AquaConfigurationStatus: 'auto' },
        ClusterNamespaceArn: '~arn:aws:redshift:us-west-2:123456789012:namespace:.+',
        ClusterNodes: [{ NodeRole: 'LEADER' }, { NodeRole: 'COMPUTE-0' }, { NodeRole: 'COMPUTE-1' }],
        MultiAZ: 'disabled',
        IpAddressType: 'ipv4',
        Endpoint: { Address: '~.+' },
        Tags: tags(21),
      },
    ],
  }),
  no('DescribeClusters', NONE, 'ClusterNotFound', NO_CLUSTER),
  paged('DescribeClusters', {}, 'Clusters', 'ClusterIdentifier', 2),
  ...badOptions('ModifyCluster', WALK),
  no('ModifyCluster', NONE, 'ClusterNotFound', NO_CLUSTER),
  ok('ModifyCluster', { ...WALK, PubliclyAccessible: true }, { Cluster: { PubliclyAccessible: true } }),
  no(
    'DeleteClusterParameterGroup',
    GROUP,
    'InvalidClusterParameterGroupState',
    'The parameter group walk-parameters is in use by a cluster.',
  ),
  no(
    'DeleteClusterSubnetGroup',
    { ClusterSubnetGroupName: 'walk-subnets' },
    'InvalidClusterSubnetGroupStateFault',
    IN_USE('subnet', 'walk-subnets'),
  ),
  no(
    'DeleteClusterSecurityGroup',
    SECURITY,
    'InvalidClusterSecurityGroupState',
    IN_USE('security', 'walk-security'),
  ),
  ok('ModifyClusterIamRoles', { ...WALK, AddIamRoles: [`arn:aws:iam::${ACCOUNT}:role/writer`] }),
  no('ModifyClusterIamRoles', NONE, 'ClusterNotFound', NO_CLUSTER),
  ok('RebootCluster', WALK, { Cluster: { ClusterStatus: 'rebooting' } }),
  until('available'),
  no('RebootCluster', NONE, 'ClusterNotFound', NO_CLUSTER),
  no('ResumeCluster', WALK, 'InvalidClusterState', 'Cluster walk-cluster is in state available.'),
  ok('PauseCluster', WALK, { Cluster: { ClusterStatus: 'pausing' } }),
  until('paused'),
  no('PauseCluster', WALK, 'InvalidClusterState', 'Cluster walk-cluster is in state paused.'),
  no('PauseCluster', NONE, 'ClusterNotFound', NO_CLUSTER),
  no('RebootCluster', WALK, 'InvalidClusterState', 'Cluster walk-cluster is in state paused.'),
  no('ModifyCluster', WALK, 'InvalidClusterState', 'Cluster walk-cluster is in state paused.'),
  no('ModifyClusterIamRoles', WALK, 'InvalidClusterState', 'Cluster walk-cluster is in state paused.'),
  no(
    'GetClusterCredentials',
    { ...WALK, DbUser: 'walker' },
    'UnsupportedOperation',
    'Cluster walk-cluster is paused.',
  ),
  no('GetClusterCredentialsWithIAM', WALK, 'UnsupportedOperation', 'Cluster walk-cluster is paused.'),
  ok('ResumeCluster', WALK, { Cluster: { ClusterStatus: 'resuming' } }),
  until('available'),
  no('ResumeCluster', NONE, 'ClusterNotFound', NO_CLUSTER),
  ok('DescribeTags', { ResourceName: arn('cluster', 'walk-cluster') }),
  paged('DescribeTags', { ResourceType: 'cluster' }, 'TaggedResources', 'Tag', 21),
  ok('CreateTags', { ResourceName: arn('cluster', 'walk-cluster'), Tags: [{ Key: 'k', Value: 'v' }] }),
  no(
    'CreateTags',
    { ResourceName: arn('cluster', 'walk-cluster'), Tags: tags(51) },
    'TagLimitExceededFault',
    TAG_LIMIT,
  ),
  no('CreateTags', { ResourceName: arn('cluster', 'walk-cluster'), ...BAD_TAG }, 'InvalidTagFault', TAG_TEXT),
  ok('DeleteTags', { ResourceName: arn('cluster', 'walk-cluster'), TagKeys: ['k', 'none'] }),
  ...['CreateTags', 'DeleteTags', 'DescribeTags'].map((operation) =>
    no(
      operation,
      {
        ResourceName: arn('cluster', 'none'),
        ...(operation === 'CreateTags'
          ? { Tags: tags(1) }
          : operation === 'DeleteTags'
            ? { TagKeys: ['a'] }
            : {}),
      },
      'ResourceNotFoundFault',
      `The resource ${arn('cluster', 'none')} could not be found.`,
    ),
  ),
  no(
    'DeleteTags',
    { ResourceName: arn('cluster', 'walk-cluster'), TagKeys: ['aws:a'] },
    'InvalidTagFault',
    TAG_TEXT,
  ),
];

const LOGS = { LoggingEnabled: true, BucketName: 'walk-logs', S3KeyPrefix: 'a/b', LogDestinationType: 's3' };

const loggingSteps: readonly ClientStep[] = [
  ok('DescribeLoggingStatus', WALK, { LoggingEnabled: false }),
  ok(
    'EnableLogging',
    { ...WALK, BucketName: 'walk-logs', S3KeyPrefix: 'a/b', LogExports: ['userlog'] },
    {
      ...LOGS,
      LogExports: ['userlog'],
    },
  ),
  ok('DescribeLoggingStatus', WALK, LOGS),
  no('EnableLogging', { ...WALK, BucketName: 'A' }, 'InvalidS3BucketNameFault', '~BucketName must .+'),
  no(
    'EnableLogging',
    { ...WALK, BucketName: 'walk-logs', S3KeyPrefix: '../a' },
    'InvalidS3KeyPrefixFault',
    '~S3KeyPrefix must .+',
  ),
  no(
    'EnableLogging',
    { ...WALK, LogDestinationType: 'cloudwatch', LogExports: ['connectionlog'] },
    'UnsupportedOperation',
    '~Keyshift delivers logs as files .+',
  ),
  no(
    'EnableLogging',
    { ...WALK, BucketName: 'walk-logs', LogExports: ['useractivitylog'] },
    'UnsupportedOperation',
    '~Keyshift does not keep the texts of statements.+',
  ),
  ok('DisableLogging', WALK, { LoggingEnabled: false }),
  ...['EnableLogging', 'DisableLogging', 'DescribeLoggingStatus'].map((operation) =>
    no(
      operation,
      { ...NONE, ...(operation === 'EnableLogging' ? { BucketName: 'walk-logs' } : {}) },
      'ClusterNotFound',
      NO_CLUSTER,
    ),
  ),
];

const DOMAIN = {
  ...WALK,
  CustomDomainName: 'walk.example.com',
  CustomDomainCertificateArn: `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/1`,
};
const NEW_CERTIFICATE = { CustomDomainCertificateArn: `arn:aws:acm:${REGION}:${ACCOUNT}:certificate/2` };
const NO_DOMAIN = 'The custom domain association was not found.';
const DOMAIN_TAKEN = 'The custom domain name is already associated.';
const PROFILE = {
  AuthenticationProfileName: 'walk',
  AuthenticationProfileContent: '{"AllowDBUserOverride":"1"}',
};
const NO_PROFILE = { AuthenticationProfileName: 'none' };
const NO_PROFILE_TEXT = "The authentication profile none can't be found.";
const CREDENTIALS = { DbUser: '~IAMA:walker', DbPassword: '~[\\w-]{96,}' };
const PROFILE_NAME = 'The name of an authentication profile must have 1 to 63 letters, digits or hyphens.';

const driverSteps: readonly ClientStep[] = [
  no('DescribeCustomDomainAssociations', {}, 'CustomDomainAssociationNotFoundFault', NO_DOMAIN),
  ok('CreateCustomDomainAssociation', DOMAIN, DOMAIN),
  paged('DescribeCustomDomainAssociations', {}, 'Associations', 'CustomDomainCertificateArn', 1),
  no('CreateCustomDomainAssociation', DOMAIN, 'CustomCnameAssociationFault', DOMAIN_TAKEN),
  no('CreateCustomDomainAssociation', { ...DOMAIN, ...EXAMPLE }, 'CustomCnameAssociationFault', DOMAIN_TAKEN),
  no('CreateCustomDomainAssociation', { ...DOMAIN, ...NONE }, 'ClusterNotFound', NO_CLUSTER),
  ok(
    'DescribeCustomDomainAssociations',
    { CustomDomainName: 'WALK.example.com' },
    {
      Associations: [{ CertificateAssociations: [{ CustomDomainName: 'walk.example.com', ...WALK }] }],
    },
  ),
  ok('DescribeClusters', WALK, { Clusters: [{ CustomDomainName: 'walk.example.com' }] }),
  ok(
    'GetClusterCredentials',
    { CustomDomainName: 'walk.example.com', DbUser: 'walker', AutoCreate: true, DurationSeconds: 900 },
    CREDENTIALS,
  ),
  ok(
    'GetClusterCredentialsWithIAM',
    { CustomDomainName: 'walk.example.com' },
    { DbUser: 'IAM:RootIdentity' },
  ),
  ok('ModifyCustomDomainAssociation', { ...DOMAIN, ...NEW_CERTIFICATE }, { ...DOMAIN, ...NEW_CERTIFICATE }),
  no('ModifyCustomDomainAssociation', { ...DOMAIN, ...NONE }, 'ClusterNotFound', NO_CLUSTER),
  no(
    'DeleteCustomDomainAssociation',
    { ...DOMAIN, ...NONE, CustomDomainCertificateArn: undefined },
    'ClusterNotFound',
    NO_CLUSTER,
  ),
  no(
    'ModifyCustomDomainAssociation',
    { ...DOMAIN, ...EXAMPLE },
    'CustomDomainAssociationNotFoundFault',
    NO_DOMAIN,
  ),
  ok('DeleteCustomDomainAssociation', { ...WALK, CustomDomainName: 'walk.example.com' }),
  no(
    'DeleteCustomDomainAssociation',
    { ...WALK, CustomDomainName: 'walk.example.com' },
    'CustomDomainAssociationNotFoundFault',
    NO_DOMAIN,
  ),
  no(
    'GetClusterCredentials',
    { CustomDomainName: 'walk.example.com', DbUser: 'walker' },
    'CustomDomainAssociationNotFoundFault',
    NO_DOMAIN,
  ),
  ok(
    'GetClusterCredentials',
    { ...WALK, DbUser: 'walker', AutoCreate: true, DbGroups: [], CustomDomainName: '' },
    CREDENTIALS,
  ),
  no('GetClusterCredentials', { ...NONE, DbUser: 'walker' }, 'ClusterNotFound', NO_CLUSTER),
  no('GetClusterCredentialsWithIAM', NONE, 'ClusterNotFound', NO_CLUSTER),
  no(
    'GetClusterCredentials',
    { ...WALK, DbUser: 'walker', DurationSeconds: 899 },
    'InvalidParameterValue',
    'Token duration must be between 900 and 3600 seconds',
  ),

  ok('CreateAuthenticationProfile', PROFILE, PROFILE),
  no(
    'CreateAuthenticationProfile',
    PROFILE,
    'AuthenticationProfileAlreadyExistsFault',
    'The authentication profile walk already exists.',
  ),
  no(
    'CreateAuthenticationProfile',
    { ...PROFILE, AuthenticationProfileContent: '[]' },
    'InvalidAuthenticationProfileRequestFault',
    '~The content of an authentication profile must be .+',
  ),
  ok(
    'DescribeAuthenticationProfiles',
    { AuthenticationProfileName: 'walk' },
    { AuthenticationProfiles: [PROFILE] },
  ),
  ok(
    'ModifyAuthenticationProfile',
    { ...PROFILE, AuthenticationProfileContent: '{}' },
    { AuthenticationProfileContent: '{}' },
  ),
  no('DescribeAuthenticationProfiles', NO_PROFILE, 'AuthenticationProfileNotFoundFault', NO_PROFILE_TEXT),
  no(
    'DescribeAuthenticationProfiles',
    { AuthenticationProfileName: 'a_b' },
    'InvalidAuthenticationProfileRequestFault',
    PROFILE_NAME,
  ),
  no(
    'ModifyAuthenticationProfile',
    { ...PROFILE, ...NO_PROFILE },
    'AuthenticationProfileNotFoundFault',
    NO_PROFILE_TEXT,
  ),
  no(
    'ModifyAuthenticationProfile',
    { ...PROFILE, AuthenticationProfileContent: 'x' },
    'InvalidAuthenticationProfileRequestFault',
    '~The content of an authentication profile must be .+',
  ),
  no('DeleteAuthenticationProfile', NO_PROFILE, 'AuthenticationProfileNotFoundFault', NO_PROFILE_TEXT),
  no(
    'DeleteAuthenticationProfile',
    { AuthenticationProfileName: '' },
    'InvalidAuthenticationProfileRequestFault',
    PROFILE_NAME,
  ),
  ok(
    'DeleteAuthenticationProfile',
    { AuthenticationProfileName: 'walk' },
    { AuthenticationProfileName: 'walk' },
  ),
  ...many(100).map((n) =>
    ok('CreateAuthenticationProfile', { ...PROFILE, AuthenticationProfileName: `walk${n}` }),
  ),
  no(
    'CreateAuthenticationProfile',
    PROFILE,
    'AuthenticationProfileQuotaExceededFault',
    'There can be at most 100 authentication profiles.',
  ),
  ...many(100).map((n) => ok('DeleteAuthenticationProfile', { AuthenticationProfileName: `walk${n}` })),
];

const offerSteps: readonly ClientStep[] = [
  paged(
    'DescribeOrderableClusterOptions',
    { NodeType: 'ra3.large' },
    'OrderableClusterOptions',
    'ClusterType',
    2,
  ),
  paged('DescribeClusterVersions', {}, 'ClusterVersions', 'ClusterParameterGroupFamily', 2),
  paged('DescribeClusterTracks', {}, 'MaintenanceTracks', 'MaintenanceTrackName', 2),
  paged(
    'DescribeNodeConfigurationOptions',
    { ActionType: 'resize-cluster' },
    'NodeConfigurationOptionList',
    '',
    0,
  ),
  paged(
    'DescribeDefaultClusterParameters',
    { ParameterGroupFamily: 'redshift-1.0' },
    'DefaultClusterParameters.Parameters',
    'ParameterName',
    13,
  ),
  ok(
    'DescribeOrderableClusterOptions',
    { NodeType: 'ra3.16xlarge' },
    {
      OrderableClusterOptions: [
        {
          NodeType: 'ra3.16xlarge',
          ClusterType: 'multi-node',
          ClusterVersion: '1.0',
          AvailabilityZones: [{ Name: `${REGION}a` }],
        },
      ],
    },
  ),
  ok(
    'DescribeOrderableClusterOptions',
    { NodeType: 'ra3.large' },
    {
      OrderableClusterOptions: [{ ClusterType: 'multi-node' }, { ClusterType: 'single-node' }],
    },
  ),
  ok(
    'DescribeClusterVersions',
    {},
    {
      ClusterVersions: [
        { ClusterVersion: '1.0', ClusterParameterGroupFamily: 'redshift-1.0' },
        { ClusterVersion: '1.0', ClusterParameterGroupFamily: 'redshift-2.0' },
      ],
    },
  ),
  ok(
    'DescribeClusterTracks',
    {},
    {
      MaintenanceTracks: [{ MaintenanceTrackName: 'current' }, { MaintenanceTrackName: 'trailing' }],
    },
  ),
  no('DescribeClusterTracks', { MaintenanceTrackName: 'none' }, 'InvalidClusterTrack', NO_TRACK),
  ok(
    'DescribeNodeConfigurationOptions',
    { ActionType: 'resize-cluster', ...WALK },
    { NodeConfigurationOptionList: [] },
  ),
  no(
    'DescribeNodeConfigurationOptions',
    { ActionType: 'resize-cluster', ...NONE },
    'ClusterNotFound',
    NO_CLUSTER,
  ),
  no(
    'DescribeNodeConfigurationOptions',
    { ActionType: 'restore-cluster', SnapshotIdentifier: 'none' },
    'ClusterSnapshotNotFound',
    'Snapshot none not found.',
  ),
];

const WORKGROUP = { workgroupName: 'walk-cluster' };
const NO_WORKGROUP = { workgroupName: 'none' };

const serverlessSteps: readonly ClientStep[] = [
  step(
    'GetWorkgroup',
    WORKGROUP,
    {
      workgroup: {
        ...WORKGROUP,
        namespaceName: 'walk-cluster',
        status: 'AVAILABLE',
        workgroupArn: '~arn:.+',
      },
    },
    serverless,
  ),
  refused(
    'GetWorkgroup',
    NO_WORKGROUP,
    'ResourceNotFoundException',
    "The workgroup none can't be found.",
    serverless,
  ),
  refused('GetWorkgroup', { workgroupName: 'A_B' }, 'ValidationException', '~.*workgroupName.+', serverless),
  step(
    'GetNamespace',
    { namespaceName: 'default' },
    {
      namespace: {
        namespaceName: 'default',
        status: 'AVAILABLE',
        dbName: 'exampledb',
        adminUsername: 'awsuser',
      },
    },
    serverless,
  ),
  refused(
    'GetNamespace',
    { namespaceName: 'none' },
    'ResourceNotFoundException',
    "The namespace none can't be found.",
    serverless,
  ),
  refused('GetNamespace', { namespaceName: 'A_B' }, 'ValidationException', '~.*namespaceName.+', serverless),
  {
    operation: 'ListWorkgroups',
    paged: { workgroups: 'workgroupId' },
    least: 2,
    size: 1,
    whole: 100,
    ...serverless,
  },
  {
    operation: 'ListNamespaces',
    paged: { namespaces: 'namespaceId' },
    least: 2,
    size: 1,
    whole: 100,
    ...serverless,
  },
  ...['ListWorkgroups', 'ListNamespaces'].map((operation) =>
    refused(
      operation,
      { nextToken: '!!!!!!!!' },
      'ValidationException',
      'The provided pagination token is invalid.',
      serverless,
    ),
  ),
  step(
    'GetCredentials',
    { ...WORKGROUP, dbName: 'walk', durationSeconds: 3600 },
    {
      dbUser: 'IAM:RootIdentity',
      dbPassword: '~[\\w-]{96,}',
      expiration: '~\\d{4}-.+',
    },
    serverless,
  ),
  refused(
    'GetCredentials',
    NO_WORKGROUP,
    'ResourceNotFoundException',
    "The workgroup none can't be found.",
    serverless,
  ),
  refused(
    'GetCredentials',
    {},
    'ValidationException',
    'Either workgroupName or customDomainName must be specified.',
    serverless,
  ),
];

const endSteps: readonly ClientStep[] = [
  paged('DescribeEvents', { SourceType: 'cluster-parameter-group' }, 'Events', 'Message', 41),
  no('DeleteCluster', NONE, 'ClusterNotFound', NO_CLUSTER),
  no('DeleteCluster', WALK, 'InvalidParameterValue', '~Keyshift keeps no snapshots.+'),
  ok(
    'DeleteCluster',
    { ...WALK, SkipFinalClusterSnapshot: true },
    { Cluster: { ClusterStatus: 'deleting' } },
  ),
  { operation: 'DescribeClusters', until: { Clusters: [EXAMPLE] }, ...redshift },
  ok('DeleteClusterParameterGroup', GROUP),
  ok('DeleteClusterSubnetGroup', { ClusterSubnetGroupName: 'walk-subnets' }),
  ok('DeleteClusterSecurityGroup', SECURITY),
  ok('DescribeTags', {}, { TaggedResources: [] }),
];

export const redshiftSteps: readonly ClientStep[] = [
  ...parameterGroupSteps,
  ...networkSteps,
  ...clusterSteps,
  ...loggingSteps,
  ...driverSteps,
  ...offerSteps,
  ...serverlessSteps,
  ...endSteps,
];
