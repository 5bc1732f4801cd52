import { randomUUID } from 'node:crypto';
import { type LastCall, lastCalls, sumUpUsage } from '../../../audit/usage.ts';
import {
  getAccessJob,
  type ServiceAccess,
  type ServiceUse,
  saveAccessJob,
  type UsingEntity,
} from '../../../iam/access-jobs.ts';
import { type ArnSubject, actorsOf, creationTimes, requireArnSubject } from '../../../iam/arn-subjects.ts';
import type { Entity } from '../../../iam/entities.ts';
import { type GrantingPolicy, grantingPolicies, grantsOfPolicy } from '../../../iam/granting-policies.ts';
import type { Iam } from '../../../iam/iam.ts';
import { invalidInput } from '../../../iam/iam-errors.ts';
import { pageOfList } from '../../../iam/pages.ts';
import { changing, reading } from './row.ts';
import { pageMembers, pageOfInput } from './shapes.ts';

/** Which services somebody may use, and when they did last: from policies, and from the audit log. */

/** The services that Keyshift answers, by the namespace of their actions. */
const SERVICES = new Map([
  ['iam', 'AWS Identity and Access Management'],
  ['keyshift', 'Keyshift'],
  ['redshift', 'Amazon Redshift'],
  ['redshift-serverless', 'Amazon Redshift Serverless'],
  ['sts', 'AWS Security Token Service'],
]);

const GenerateServiceLastAccessedDetails = changing<'GenerateServiceLastAccessedDetails'>(
  (_iam, input) => [{ action: 'iam:GenerateServiceLastAccessedDetails', resource: input.Arn }],
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const subject = await requireArnSubject(iam, accountId, input.Arn);
    const granularity = input.Granularity ?? 'SERVICE_LEVEL';
    const id = randomUUID();
    const services = await accessOf(iam, accountId, subject);
    await saveAccessJob(iam, accountId, id, { granularity, services });
    return { JobId: id };
  },
);

const GetServiceLastAccessedDetails = reading<'GetServiceLastAccessedDetails'>(
  () => [{ action: 'iam:GetServiceLastAccessedDetails', resource: '*' }],
  async (iam, input, caller) => {
    const job = await getAccessJob(iam, caller.principal.accountId, input.JobId);
    const page = await pageOfList(
      pageOfInput('GetServiceLastAccessedDetails', input),
      ({ namespace }) => namespace,
      job.services,
    );
    return {
      JobStatus: 'COMPLETED',
      JobType: job.granularity,
      JobCreationDate: job.createdAt,
      JobCompletionDate: job.createdAt,
      ServicesLastAccessed: page.items.map((service) =>
        serviceShape(service, job.granularity === 'ACTION_LEVEL'),
      ),
      ...pageMembers(page),
    };
  },
);

const GetServiceLastAccessedDetailsWithEntities = reading<'GetServiceLastAccessedDetailsWithEntities'>(
  () => [{ action: 'iam:GetServiceLastAccessedDetailsWithEntities', resource: '*' }],
  async (iam, input, caller) => {
    const job = await getAccessJob(iam, caller.principal.accountId, input.JobId);
    const service = job.services.find(({ namespace }) => namespace === input.ServiceNamespace);
    if (service === undefined) {
      throw invalidInput(`The service ${input.ServiceNamespace} is not among those of the report.`);
    }
    const entities = lastUses(service.uses, ({ entity }) => entity.id);
    const request = pageOfInput('GetServiceLastAccessedDetailsWithEntities', input);
    // Not the ARN, which may be longer than a marker.
    const page = await pageOfList(
      request,
      ({ entity }) => `${entity.name.toLowerCase()} ${entity.id}`,
      entities,
    );
    return {
      JobStatus: 'COMPLETED',
      JobCreationDate: job.createdAt,
      JobCompletionDate: job.createdAt,
      EntityDetailsList: page.items.map(({ entity, at }) => ({
        EntityInfo: entityShape(entity),
        LastAuthenticated: new Date(at),
      })),
      ...pageMembers(page),
    };
  },
);

const ListPoliciesGrantingServiceAccess = reading<'ListPoliciesGrantingServiceAccess'>(
  (_iam, input) => [{ action: 'iam:ListPoliciesGrantingServiceAccess', resource: input.Arn }],
  async (iam, input, caller) => {
    const { accountId } = caller.principal;
    const subject = await requireArnSubject(iam, accountId, input.Arn);
    if (subject.kind === 'policy') throw invalidInput(`ARN ${input.Arn} is not valid.`);
    const policies = await grantingPolicies(iam, accountId, subject);
    const namespaces = [...new Set(input.ServiceNamespaces)];
    const request = pageOfInput('ListPoliciesGrantingServiceAccess', input);
    const page = await pageOfList(request, (namespace) => namespace, namespaces);
    return {
      PoliciesGrantingServiceAccess: page.items.map((namespace) => ({
        ServiceNamespace: namespace,
        Policies: policies.filter(({ grants }) => grants(namespace)).map(grantShape),
      })),
      ...pageMembers(page),
    };
  },
);

export const accessReportActions = {
  GenerateServiceLastAccessedDetails,
  GetServiceLastAccessedDetails,
  GetServiceLastAccessedDetailsWithEntities,
  ListPoliciesGrantingServiceAccess,
};

/** The services that a subject's policies allow, each with its uses by those who act for it. */
async function accessOf(iam: Iam, accountId: string, subject: ArnSubject): Promise<ServiceAccess[]> {
  const grants =
    subject.kind === 'policy'
      ? [await grantsOfPolicy(iam, accountId, subject.arn)]
      : (await grantingPolicies(iam, accountId, subject)).map((policy) => policy.grants);
  const namespaces = [...SERVICES.keys()].filter((namespace) => grants.some((grant) => grant(namespace)));
  await sumUpUsage(iam.store, accountId);
  const all = await actorsOf(iam, accountId, subject);
  const madeAt = await creationTimes(iam.store, accountId, all);
  const actors = new Map(all.map((actor) => [callingArn(accountId, actor), actor]));
  const calls = await lastCalls(iam.store, accountId, [...actors.keys()]);
  const uses = calls
    .flatMap((call) => useOf(call, actors.get(call.principal)))
    .filter(({ entity, at }) => at >= (madeAt.get(entity.id)?.getTime() ?? 0));
  return namespaces.map((namespace) => ({
    namespace,
    uses: uses.filter(({ action }) => action.startsWith(`${namespace}:`)),
  }));
}

/** How the audit log names an actor: a role's sessions together. */
function callingArn(accountId: string, { kind, name, arn }: Entity): string {
  return kind === 'role' ? `arn:aws:sts::${accountId}:assumed-role/${name}` : arn;
}

function useOf({ action, at }: LastCall, actor: Entity | undefined): ServiceUse[] {
  if (actor === undefined || actor.kind === 'group') return [];
  const { kind, id, name, path, arn } = actor;
  return [{ entity: { kind, id, name, path, arn }, action, at: at.getTime() }];
}

/** Of the uses with the same key the latest, latest first. */
function lastUses(uses: readonly ServiceUse[], keyOf: (use: ServiceUse) => string): ServiceUse[] {
  const latest = new Map<string, ServiceUse>();
  for (const use of [...uses].sort((a, b) => a.at - b.at)) latest.set(keyOf(use), use);
  return [...latest.values()].sort((a, b) => b.at - a.at);
}

function serviceShape({ namespace, uses }: ServiceAccess, withActions: boolean) {
  const entities = lastUses(uses, ({ entity }) => entity.id);
  const [last] = entities;
  return {
    ServiceName: SERVICES.get(namespace) ?? namespace,
    ServiceNamespace: namespace,
    TotalAuthenticatedEntities: entities.length,
    ...(last === undefined
      ? {}
      : { LastAuthenticated: new Date(last.at), LastAuthenticatedEntity: last.entity.arn }),
    ...(withActions
      ? {
          TrackedActionsLastAccessed: lastUses(uses, ({ action }) => action).map((use) => ({
            ActionName: use.action.slice(namespace.length + 1),
            LastAccessedEntity: use.entity.arn,
            LastAccessedTime: new Date(use.at),
          })),
        }
      : {}),
  };
}

const KIND_NAMES = { user: 'USER', role: 'ROLE', group: 'GROUP' } as const;

const entityShape = ({ kind, id, name, path, arn }: UsingEntity) => ({
  Arn: arn,
  Name: name,
  Type: KIND_NAMES[kind],
  Id: id,
  Path: path,
});

function grantShape({ name, arn, owner }: GrantingPolicy) {
  return owner === undefined
    ? ({ PolicyName: name, PolicyType: 'MANAGED', PolicyArn: arn } as const)
    : ({
        PolicyName: name,
        PolicyType: 'INLINE',
        EntityType: KIND_NAMES[owner.kind],
        EntityName: owner.name,
      } as const);
}
