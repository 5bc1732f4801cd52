// Policies and requests of bench/policy: what an administrator of Redshift and IAM attaches to a person, and the same
// statements in Cedar's language. Cedar has no variables in patterns and no wildcards in actions, so that its
// policies ask for the parts of the ARN, and for the action by pattern where they must.

const ACCOUNT = '123456789012';
const arn = (kind, name) => `arn:aws:redshift:us-west-2:${ACCOUNT}:${kind}:${name}`;
const OWN_NAME = ['$', '{aws:username}'].join('');
const LOGIN = ['redshift:GetClusterCredentials', 'redshift:CreateClusterUser'];

/** The n-th policy: the kinds take turns, each with names of its own. */
export function policy(n) {
  const kinds = [ownLogin, teamLogin, readClusters, ownKeys, appData];
  return kinds[n % kinds.length](n);
}

function ownLogin(n) {
  const cluster = `cluster${n}`;
  const own = `context.cluster == "${cluster}" && context.name == context.username`;
  const limits = `context has dbName && context.dbName == "dev" && context.seconds <= 1800`;
  return {
    json: document(
      {
        Sid: 'OwnLogin',
        Effect: 'Allow',
        Action: LOGIN,
        Resource: [arn('dbuser', `${cluster}/${OWN_NAME}`), arn('dbname', `${cluster}/dev`)],
        Condition: {
          StringEquals: { 'redshift:DbName': 'dev' },
          NumericLessThanEquals: { 'redshift:DurationSeconds': '1800' },
        },
      },
      { Effect: 'Allow', Action: 'redshift:JoinGroup', Resource: arn('dbgroup', `${cluster}/analysts`) },
      { Effect: 'Deny', Action: 'redshift:*', Resource: arn('dbuser', `${cluster}/admin`) },
    ),
    cedar: [
      `permit(principal, action in ${actions(LOGIN)}, resource) when { ((context.kind == "dbuser" && ${own}) || (context.kind == "dbname" && context.cluster == "${cluster}" && context.name == "dev")) && ${limits} };`,
      `permit(principal, action == Action::"redshift:JoinGroup", resource) when { context.arn == "${arn('dbgroup', `${cluster}/analysts`)}" };`,
      `forbid(principal, action, resource) when { context.action like "redshift:*" && context.arn == "${arn('dbuser', `${cluster}/admin`)}" };`,
    ],
  };
}

function teamLogin(n) {
  const users = arn('dbuser', `prod-${n}/team${n}_*`);
  const groups = arn('dbgroup', `prod-${n}/readers*`);
  return {
    json: document(
      {
        Effect: 'Allow',
        Action: LOGIN,
        Resource: [users, arn('dbname', `prod-${n}/*`)],
        Condition: { IpAddress: { 'aws:SourceIp': ['10.0.0.0/8', '192.168.0.0/16'] } },
      },
      { Effect: 'Allow', Action: 'redshift:JoinGroup', Resource: groups },
    ),
    cedar: [
      `permit(principal, action in ${actions(LOGIN)}, resource) when { (context.arn like "${users}" || context.arn like "${arn('dbname', `prod-${n}/*`)}") && (context.ip.isInRange(ip("10.0.0.0/8")) || context.ip.isInRange(ip("192.168.0.0/16"))) };`,
      `permit(principal, action == Action::"redshift:JoinGroup", resource) when { context.arn like "${groups}" };`,
    ],
  };
}

function readClusters(n) {
  const own = arn('cluster', `warehouse${n}`);
  return {
    json: document(
      {
        Effect: 'Allow',
        Action: ['redshift:DescribeClusters', 'redshift:ViewQueriesInConsole', 'redshift:Describe*'],
        Resource: '*',
      },
      { Effect: 'Allow', Action: ['redshift:ModifyCluster', 'redshift:RebootCluster'], Resource: own },
    ),
    cedar: [
      `permit(principal, action, resource) when { context.action like "redshift:Describe*" || context.action == "redshift:ViewQueriesInConsole" };`,
      `permit(principal, action in ${actions(['redshift:ModifyCluster', 'redshift:RebootCluster'])}, resource) when { context.arn == "${own}" };`,
    ],
  };
}

function ownKeys(n) {
  const self = `arn:aws:iam::${ACCOUNT}:user/team${n}/`;
  return {
    json: document(
      {
        Effect: 'Allow',
        Action: ['iam:*AccessKey*', 'iam:GetUser', 'iam:ChangePassword'],
        Resource: `${self}${OWN_NAME}`,
      },
      { Effect: 'Allow', Action: ['iam:ListUsers', 'iam:GetAccountPasswordPolicy'], Resource: '*' },
    ),
    cedar: [
      `permit(principal, action, resource) when { (context.action like "iam:*AccessKey*" || context.action == "iam:GetUser" || context.action == "iam:ChangePassword") && context.arn like "${self}*" && context.name == context.username };`,
      `permit(principal, action in ${actions(['iam:ListUsers', 'iam:GetAccountPasswordPolicy'])}, resource);`,
    ],
  };
}

function appData(n) {
  const bucket = `arn:aws:s3:::reports-${n}`;
  return {
    json: document(
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: `${bucket}/*` },
      {
        Effect: 'Allow',
        Action: ['s3:ListBucket', 'ec2:Describe*', 'cloudwatch:Get*'],
        Resource: '*',
        Condition: { Bool: { 'aws:SecureTransport': 'true' } },
      },
    ),
    cedar: [
      `permit(principal, action in ${actions(['s3:GetObject', 's3:PutObject'])}, resource) when { context.arn like "${bucket}/*" };`,
      `permit(principal, action, resource) when { (context.action == "s3:ListBucket" || context.action like "ec2:Describe*" || context.action like "cloudwatch:Get*") && context.secure };`,
    ],
  };
}

function document(...statements) {
  return { Version: '2012-10-17', Statement: statements };
}

function actions(list) {
  return `[${list.map((action) => `Action::"${action}"`).join(', ')}]`;
}

const CONTEXT = {
  'aws:username': 'bob',
  'aws:userid': 'AIDACKCEVSQ6C2EXAMPLE',
  'aws:sourceip': '10.1.2.3',
  'aws:securetransport': 'true',
  'redshift:dbuser': 'bob',
  'redshift:dbname': 'dev',
  'redshift:durationseconds': '900',
};

/** What bob asks: his login to cluster0 in all its parts, and what he may not. All answers hold for any number of policies. */
export const REQUESTS = [
  ['redshift:GetClusterCredentials', 'dbuser', 'cluster0', 'bob', 'allow'],
  ['redshift:GetClusterCredentials', 'dbname', 'cluster0', 'dev', 'allow'],
  ['redshift:CreateClusterUser', 'dbuser', 'cluster0', 'bob', 'allow'],
  ['redshift:JoinGroup', 'dbgroup', 'cluster0', 'analysts', 'allow'],
  ['redshift:GetClusterCredentials', 'dbuser', 'cluster0', 'admin', 'explicitDeny'],
  ['redshift:GetClusterCredentials', 'dbuser', 'cluster0', 'eve', 'implicitDeny'],
  ['redshift:DeleteCluster', 'cluster', 'cluster0', '', 'implicitDeny'],
].map(([action, kind, cluster, name, effect]) => ({
  action,
  resource: arn(kind, name === '' ? cluster : `${cluster}/${name}`),
  context: CONTEXT,
  effect,
  cedar: {
    action,
    arn: arn(kind, name === '' ? cluster : `${cluster}/${name}`),
    kind,
    cluster,
    name,
    username: 'bob',
    dbName: 'dev',
    seconds: 900,
    secure: true,
    ip: { __extn: { fn: 'ip', arg: '10.1.2.3' } },
  },
}));
