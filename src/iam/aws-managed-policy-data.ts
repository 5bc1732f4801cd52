// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like template placeholders.

/**
 * Policies that AWS manages: every account has them, nobody in the account can change them. Here are those
 * that speak of what Keyshift does (identities and Redshift), and the general ones that guides tell people to
 * attach. Actions of services that Keyshift does not have are kept, so that a document reads as it does at AWS.
 *
 * Source: AWS Managed Policy Reference, the default version of each policy. `id` is what AWS publishes; where
 * it is left out no public page shows it, and one is derived from the ARN.
 */
export interface AwsManagedPolicyData {
  readonly name: string;
  /** Where it is not `/`. */
  readonly path?: string;
  readonly id?: string;
  readonly version: number;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly description: string;
  readonly document: object;
}

export const AWS_MANAGED_POLICY_DATA: readonly AwsManagedPolicyData[] = [
  {
    name: 'AdministratorAccess',
    id: 'ANPAIWMBCKSKIEE64ZLYK',
    version: 1,
    createdAt: '2015-02-06T18:39:46Z',
    updatedAt: '2015-02-06T18:39:46Z',
    description: 'Provides full access to AWS services and resources.',
    document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
  },
  {
    name: 'AmazonRedshiftDataFullAccess',
    version: 5,
    createdAt: '2020-09-09T19:23:55Z',
    updatedAt: '2023-04-07T18:18:32Z',
    description:
      'This policy provides full access to Amazon Redshift Data APIs. This policy also grants scoped access to other required services.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'DataAPIPermissions',
          Effect: 'Allow',
          Action: [
            'redshift-data:BatchExecuteStatement',
            'redshift-data:ExecuteStatement',
            'redshift-data:CancelStatement',
            'redshift-data:ListStatements',
            'redshift-data:GetStatementResult',
            'redshift-data:DescribeStatement',
            'redshift-data:ListDatabases',
            'redshift-data:ListSchemas',
            'redshift-data:ListTables',
            'redshift-data:DescribeTable',
          ],
          Resource: '*',
        },
        {
          Sid: 'SecretsManagerPermissions',
          Effect: 'Allow',
          Action: ['secretsmanager:GetSecretValue'],
          Resource: 'arn:aws:secretsmanager:*:*:secret:*',
          Condition: { StringLike: { 'secretsmanager:ResourceTag/RedshiftDataFullAccess': '*' } },
        },
        {
          Sid: 'GetCredentialsForAPIUser',
          Effect: 'Allow',
          Action: 'redshift:GetClusterCredentials',
          Resource: [
            'arn:aws:redshift:*:*:dbname:*/*',
            'arn:aws:redshift:*:*:dbuser:*/redshift_data_api_user',
          ],
        },
        {
          Sid: 'GetCredentialsWithFederatedIAMCredentials',
          Effect: 'Allow',
          Action: 'redshift:GetClusterCredentialsWithIAM',
          Resource: 'arn:aws:redshift:*:*:dbname:*/*',
        },
        {
          Sid: 'GetCredentialsForServerless',
          Effect: 'Allow',
          Action: 'redshift-serverless:GetCredentials',
          Resource: 'arn:aws:redshift-serverless:*:*:workgroup/*',
          Condition: { StringLike: { 'aws:ResourceTag/RedshiftDataFullAccess': '*' } },
        },
        {
          Sid: 'DenyCreateAPIUser',
          Effect: 'Deny',
          Action: 'redshift:CreateClusterUser',
          Resource: ['arn:aws:redshift:*:*:dbuser:*/redshift_data_api_user'],
        },
        {
          Sid: 'ServiceLinkedRole',
          Effect: 'Allow',
          Action: 'iam:CreateServiceLinkedRole',
          Resource:
            'arn:aws:iam::*:role/aws-service-role/redshift-data.amazonaws.com/AWSServiceRoleForRedshift',
          Condition: { StringLike: { 'iam:AWSServiceName': 'redshift-data.amazonaws.com' } },
        },
      ],
    },
  },
  {
    name: 'AmazonRedshiftFullAccess',
    id: 'ANPAISEKCHH4YDB46B5ZO',
    version: 5,
    createdAt: '2015-02-06T18:40:50Z',
    updatedAt: '2022-07-07T23:31:13Z',
    description: 'Provides full access to Amazon Redshift via the AWS Management Console.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: [
            'redshift:*',
            'redshift-serverless:*',
            'ec2:DescribeAccountAttributes',
            'ec2:DescribeAddresses',
            'ec2:DescribeAvailabilityZones',
            'ec2:DescribeSecurityGroups',
            'ec2:DescribeSubnets',
            'ec2:DescribeVpcs',
            'ec2:DescribeInternetGateways',
            'sns:CreateTopic',
            'sns:Get*',
            'sns:List*',
            'cloudwatch:Describe*',
            'cloudwatch:Get*',
            'cloudwatch:List*',
            'cloudwatch:PutMetricAlarm',
            'cloudwatch:EnableAlarmActions',
            'cloudwatch:DisableAlarmActions',
            'tag:GetResources',
            'tag:UntagResources',
            'tag:GetTagValues',
            'tag:GetTagKeys',
            'tag:TagResources',
          ],
          Resource: '*',
        },
        {
          Effect: 'Allow',
          Action: 'iam:CreateServiceLinkedRole',
          Resource: 'arn:aws:iam::*:role/aws-service-role/redshift.amazonaws.com/AWSServiceRoleForRedshift',
          Condition: { StringLike: { 'iam:AWSServiceName': 'redshift.amazonaws.com' } },
        },
        {
          Sid: 'DataAPIPermissions',
          Effect: 'Allow',
          Action: [
            'redshift-data:ExecuteStatement',
            'redshift-data:CancelStatement',
            'redshift-data:ListStatements',
            'redshift-data:GetStatementResult',
            'redshift-data:DescribeStatement',
            'redshift-data:ListDatabases',
            'redshift-data:ListSchemas',
            'redshift-data:ListTables',
            'redshift-data:DescribeTable',
          ],
          Resource: '*',
        },
        {
          Sid: 'SecretsManagerListPermissions',
          Effect: 'Allow',
          Action: ['secretsmanager:ListSecrets'],
          Resource: '*',
        },
        {
          Sid: 'SecretsManagerCreateGetPermissions',
          Effect: 'Allow',
          Action: [
            'secretsmanager:CreateSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:TagResource',
          ],
          Resource: '*',
          Condition: { StringLike: { 'secretsmanager:ResourceTag/RedshiftDataFullAccess': '*' } },
        },
      ],
    },
  },
  {
    name: 'AmazonRedshiftQueryEditor',
    version: 4,
    createdAt: '2018-10-04T22:50:32Z',
    updatedAt: '2021-02-16T19:33:45Z',
    description:
      'Provides full access to the Amazon Redshift Query Editor and Saved Queries via the AWS Management Console.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: [
            'redshift:GetClusterCredentials',
            'redshift:ListSchemas',
            'redshift:ListTables',
            'redshift:ListDatabases',
            'redshift:ExecuteQuery',
            'redshift:FetchResults',
            'redshift:CancelQuery',
            'redshift:DescribeClusters',
            'redshift:DescribeQuery',
            'redshift:DescribeTable',
            'redshift:ViewQueriesFromConsole',
            'redshift:DescribeSavedQueries',
            'redshift:CreateSavedQuery',
            'redshift:DeleteSavedQueries',
            'redshift:ModifySavedQuery',
          ],
          Resource: '*',
        },
        {
          Sid: 'DataAPIPermissions',
          Effect: 'Allow',
          Action: [
            'redshift-data:ExecuteStatement',
            'redshift-data:ListDatabases',
            'redshift-data:ListSchemas',
            'redshift-data:ListTables',
            'redshift-data:DescribeTable',
          ],
          Resource: '*',
        },
        {
          Sid: 'DataAPIIAMSessionPermissionsRestriction',
          Effect: 'Allow',
          Action: [
            'redshift-data:GetStatementResult',
            'redshift-data:CancelStatement',
            'redshift-data:DescribeStatement',
            'redshift-data:ListStatements',
          ],
          Resource: '*',
          Condition: { StringEquals: { 'redshift-data:statement-owner-iam-userid': '${aws:userid}' } },
        },
        {
          Sid: 'SecretsManagerListPermissions',
          Effect: 'Allow',
          Action: ['secretsmanager:ListSecrets'],
          Resource: '*',
        },
        {
          Sid: 'SecretsManagerCreateGetPermissions',
          Effect: 'Allow',
          Action: [
            'secretsmanager:CreateSecret',
            'secretsmanager:GetSecretValue',
            'secretsmanager:TagResource',
          ],
          Resource: 'arn:aws:secretsmanager:*:*:secret:*',
          Condition: { StringEquals: { 'secretsmanager:ResourceTag/RedshiftQueryOwner': '${aws:userid}' } },
        },
      ],
    },
  },
  {
    name: 'AmazonRedshiftReadOnlyAccess',
    id: 'ANPAIGD46KSON64QBSEZM',
    version: 2,
    createdAt: '2015-02-06T18:40:51Z',
    updatedAt: '2024-02-08T00:24:13Z',
    description: 'Provides read only access to Amazon Redshift via the AWS Management Console.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'AmazonRedshiftReadOnlyAccess',
          Effect: 'Allow',
          Action: [
            'redshift:Describe*',
            'redshift:ListRecommendations',
            'redshift:ViewQueriesInConsole',
            'ec2:DescribeAccountAttributes',
            'ec2:DescribeAddresses',
            'ec2:DescribeAvailabilityZones',
            'ec2:DescribeSecurityGroups',
            'ec2:DescribeSubnets',
            'ec2:DescribeVpcs',
            'ec2:DescribeInternetGateways',
            'sns:Get*',
            'sns:List*',
            'cloudwatch:Describe*',
            'cloudwatch:List*',
            'cloudwatch:Get*',
          ],
          Resource: '*',
        },
      ],
    },
  },
  {
    name: 'AWSDenyAll',
    id: 'ANPAZKAPJZG4P43IUQ5E5',
    version: 2,
    createdAt: '2019-05-01T22:36:14Z',
    updatedAt: '2023-12-18T16:42:05Z',
    description: 'Deny all access.',
    document: {
      Version: '2012-10-17',
      Statement: [{ Sid: 'DenyAll', Effect: 'Deny', Action: ['*'], Resource: '*' }],
    },
  },
  {
    name: 'IAMFullAccess',
    id: 'ANPAI7XKCFMBPM3QQRRVQ',
    version: 2,
    createdAt: '2015-02-06T18:40:38Z',
    updatedAt: '2019-06-21T19:40:00Z',
    description: 'Provides full access to IAM via the AWS Management Console.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: [
            'iam:*',
            'organizations:DescribeAccount',
            'organizations:DescribeOrganization',
            'organizations:DescribeOrganizationalUnit',
            'organizations:DescribePolicy',
            'organizations:ListChildren',
            'organizations:ListParents',
            'organizations:ListPoliciesForTarget',
            'organizations:ListRoots',
            'organizations:ListPolicies',
            'organizations:ListTargetsForPolicy',
          ],
          Resource: '*',
        },
      ],
    },
  },
  {
    name: 'IAMReadOnlyAccess',
    id: 'ANPAJKSO7NDY4T57MWDSQ',
    version: 4,
    createdAt: '2015-02-06T18:40:39Z',
    updatedAt: '2018-01-25T19:11:27Z',
    description: 'Provides read only access to IAM via the AWS Management Console.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: [
            'iam:GenerateCredentialReport',
            'iam:GenerateServiceLastAccessedDetails',
            'iam:Get*',
            'iam:List*',
            'iam:SimulateCustomPolicy',
            'iam:SimulatePrincipalPolicy',
          ],
          Resource: '*',
        },
      ],
    },
  },
  {
    name: 'IAMUserChangePassword',
    id: 'ANPAJ4L4MM2A7QIEB56MS',
    version: 5,
    createdAt: '2016-11-15T00:25:16Z',
    updatedAt: '2026-02-12T17:58:57Z',
    description: 'Provides the ability for an IAM user to change their own password.',
    document: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['iam:ChangePassword'],
          Resource: ['arn:aws:iam::*:user/${aws:username}', 'arn:aws:iam::*:user/*/${aws:username}'],
        },
        { Effect: 'Allow', Action: ['iam:GetAccountPasswordPolicy'], Resource: '*' },
      ],
    },
  },
  {
    name: 'PowerUserAccess',
    id: 'ANPAJYRXTHIB4FOVS3ZXS',
    version: 12,
    createdAt: '2015-02-06T18:39:47Z',
    updatedAt: '2026-02-12T17:59:14Z',
    description:
      'Provides full access to AWS services and resources, but does not allow management of Users and groups.',
    document: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
        {
          Effect: 'Allow',
          Action: [
            'account:GetAccountInformation',
            'account:GetGovCloudAccountInformation',
            'account:GetPrimaryEmail',
            'account:ListRegions',
            'iam:CreateServiceLinkedRole',
            'iam:DeleteServiceLinkedRole',
            'iam:ListRoles',
            'organizations:DescribeEffectivePolicy',
            'organizations:DescribeOrganization',
          ],
          Resource: '*',
        },
      ],
    },
  },
];
