import { findEntity, requireEntity, SERVICE_ROLE_PATH } from './entities.ts';
import { removeEntity } from './entity-changes.ts';
import { changeIdentities, type Iam } from './iam.ts';
import { invalidInput, noSuchEntity } from './iam-errors.ts';
import { createRole, type RoleWithTags } from './roles.ts';

/**
 * Roles of AWS services, which the service alone uses and changes. Keyshift has no service that would; they can be
 * made and deleted, because programs that set up an account do.
 * Source: IAM User Guide, "Create a service-linked role".
 */

/** The last part of the role's name, by service. Source: the services' guides, "Using service-linked roles". */
const ROLE_NAMES: ReadonlyMap<string, string> = new Map([
  ['access-analyzer.amazonaws.com', 'AccessAnalyzer'],
  ['autoscaling.amazonaws.com', 'AutoScaling'],
  ['backup.amazonaws.com', 'Backup'],
  ['batch.amazonaws.com', 'Batch'],
  ['cloudtrail.amazonaws.com', 'CloudTrail'],
  ['config.amazonaws.com', 'ConfigRecorder'],
  ['ecs.amazonaws.com', 'ECS'],
  ['eks.amazonaws.com', 'AmazonEKS'],
  ['eks-nodegroup.amazonaws.com', 'AmazonEKSNodegroup'],
  ['elasticache.amazonaws.com', 'ElastiCache'],
  ['elasticbeanstalk.amazonaws.com', 'ElasticBeanstalk'],
  ['elasticloadbalancing.amazonaws.com', 'ElasticLoadBalancing'],
  ['es.amazonaws.com', 'AmazonElasticsearchService'],
  ['guardduty.amazonaws.com', 'AmazonGuardDuty'],
  ['kafka.amazonaws.com', 'Kafka'],
  ['lex.amazonaws.com', 'LexBots'],
  ['opensearchservice.amazonaws.com', 'AmazonOpenSearchService'],
  ['organizations.amazonaws.com', 'Organizations'],
  ['rds.amazonaws.com', 'RDS'],
  ['redshift.amazonaws.com', 'Redshift'],
  ['spot.amazonaws.com', 'EC2Spot'],
  ['spotfleet.amazonaws.com', 'EC2SpotFleet'],
  ['ssm.amazonaws.com', 'AmazonSSM'],
  ['sso.amazonaws.com', 'SSO'],
  ['support.amazonaws.com', 'Support'],
  ['transitgateway.amazonaws.com', 'VPCTransitGateway'],
  ['trustedadvisor.amazonaws.com', 'TrustedAdvisor'],
]);

/** Services that an account may have several roles for. */
const TAKES_SUFFIX = new Set(['autoscaling.amazonaws.com', 'lex.amazonaws.com']);

const TASK = /^task\/aws-service-role\/[\w.-]+\/[\w+=,.@-]+\/[0-9a-f-]{36}$/;
/** Tasks are remembered for a day; whoever asks does so at once. */
const TASK_MS = 24 * 60 * 60_000;

export interface NewServiceRole {
  readonly serviceName: string;
  readonly description?: string | undefined;
  readonly suffix?: string | undefined;
}

/** The name and path of a service's role. Throws InvalidInput for a service that has none, or takes no suffix. */
export function serviceRoleName({ serviceName, suffix }: NewServiceRole): { name: string; path: string } {
  const known = ROLE_NAMES.get(serviceName);
  if (known === undefined) {
    throw invalidInput(`${serviceName} is not a service that has service-linked roles here.`);
  }
  if (suffix !== undefined && !TAKES_SUFFIX.has(serviceName)) {
    throw invalidInput(`Custom suffix is not allowed for ${serviceName}`);
  }
  const name = `AWSServiceRoleFor${known}${suffix === undefined ? '' : `_${suffix}`}`;
  return { name, path: `${SERVICE_ROLE_PATH}${serviceName}/` };
}

/** CreateServiceLinkedRole. Throws InvalidInput, also when there is one already. */
export async function createServiceLinkedRole(
  iam: Iam,
  accountId: string,
  request: NewServiceRole,
): Promise<RoleWithTags> {
  const { name, path } = serviceRoleName(request);
  if ((await findEntity(iam.store, accountId, { kind: 'role', name })) !== undefined) {
    throw invalidInput(
      `Service role name ${name} has been taken in this account, please try a different suffix.`,
    );
  }
  return createRole(iam, accountId, {
    roleName: name,
    path,
    description: request.description,
    isServiceLinked: true,
    trustPolicy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: request.serviceName }, Action: 'sts:AssumeRole' }],
    }),
  });
}

/** DeleteServiceLinkedRole, at once. Gives the id of the task that AWS would do it in. Throws NoSuchEntity, InvalidInput. */
export async function deleteServiceLinkedRole(
  iam: Iam,
  accountId: string,
  roleName: string,
): Promise<string> {
  const random = iam.random(16);
  return changeIdentities(iam, accountId, async (database) => {
    const entity = await requireEntity(database, accountId, { kind: 'role', name: roleName });
    if (!entity.path.startsWith(SERVICE_ROLE_PATH)) {
      throw invalidInput(`The role ${entity.name} is not a service-linked role.`);
    }
    await removeEntity(database, accountId, entity);
    const now = iam.clock.now();
    const taskId = `task${entity.path}${entity.name}/${uuidOf(random)}`;
    await database.query(
      'DELETE FROM keyshift.iam_role_deletions WHERE account_id = $1 AND deleted_at < $2',
      [accountId, new Date(now.getTime() - TASK_MS)],
    );
    await database.query(
      'INSERT INTO keyshift.iam_role_deletions (account_id, task_id, deleted_at) VALUES ($1, $2, $3)',
      [accountId, taskId, now],
    );
    return taskId;
  });
}

/** GetServiceLinkedRoleDeletionStatus: what was deleted, is. Throws NoSuchEntity for a task that is not known, InvalidInput for no id. */
export async function requireDeletionTask(iam: Iam, accountId: string, taskId: string): Promise<void> {
  if (!TASK.test(taskId)) throw invalidInput(`Deletion task id ${taskId} is not valid.`);
  const rows = await iam.store.query(
    'SELECT 1 FROM keyshift.iam_role_deletions WHERE account_id = $1 AND task_id = $2',
    [accountId, taskId],
  );
  if (rows.length === 0) throw noSuchEntity(`Deletion task ${taskId} cannot be found.`);
}

function uuidOf(random: Buffer): string {
  const hex = random.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
