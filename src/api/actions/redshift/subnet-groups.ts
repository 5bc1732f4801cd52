import { AwsError } from '../../../core/errors.ts';
import { invalidParameterValue, quotaExceeded } from '../../../redshift/errors.ts';
import type { Resource } from '../../../redshift/resources.ts';
import { withTags } from '../../../redshift/tags.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { describedOptions } from './cluster-options.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { onEverything, onResource } from './permissions.ts';
import { fromWireTags, isTagged, toWireTags } from './tags.ts';

/** Subnet groups, for configurations that name one. There is no network: they are kept and given back. */

/** As Redshift's quotas. */
const GROUPS_MAX = 50;
const SUBNETS_MAX = 20;
const NAME = /^[a-z0-9._ -]{1,255}$/;

/** Of every subnet group, and of every cluster that is in one. */
export const VPC_ID = 'vpc-keyshift';

type Group = Resource<'subnet-group'>;

export const createClusterSubnetGroup: Action<
  RedshiftDeps,
  wire.CreateClusterSubnetGroupMessage,
  wire.CreateClusterSubnetGroupResult
> = {
  permissions: (deps, input, caller) =>
    onResource(
      'CreateClusterSubnetGroup',
      deps,
      caller,
      { kind: 'subnetgroup', name: input.ClusterSubnetGroupName },
      input.Tags,
    ),
  run: async (deps, input, caller) => {
    const name = input.ClusterSubnetGroupName.toLowerCase();
    if (!NAME.test(name) || name === 'default') {
      throw invalidParameterValue(
        'A subnet group name must have 1 to 255 letters, digits, periods, underscores, spaces or hyphens, and ' +
          'must not be default.',
      );
    }
    const content = {
      description: input.Description,
      subnetIds: requireSubnets(input.SubnetIds),
      tags: withTags([], fromWireTags(input.Tags)),
    };
    const made = await deps.resources.insert(caller.principal.accountId, 'subnet-group', name, content, {
      exists: () =>
        new AwsError('ClusterSubnetGroupAlreadyExists', 400, `The subnet group ${name} already exists.`),
      max: GROUPS_MAX,
      tooMany: () => quotaExceeded('ClusterSubnetGroupQuotaExceeded', GROUPS_MAX, 'subnet groups'),
    });
    return { ClusterSubnetGroup: toWire(caller, made) };
  },
  changes: false,
};

export const describeClusterSubnetGroups: Action<
  RedshiftDeps,
  wire.DescribeClusterSubnetGroupsMessage,
  wire.ClusterSubnetGroupMessage
> = {
  permissions: onEverything('DescribeClusterSubnetGroups'),
  run: async (deps, input, caller) => {
    const { ClusterSubnetGroupName: name = '' } = input;
    const all =
      name === ''
        ? await deps.resources.list(caller.principal.accountId, 'subnet-group')
        : [await requireSubnetGroup(deps, caller, name)];
    const found = all.filter(({ content }) => isTagged(content.tags, input));
    const page = onePage(found, input, (group) => group.name);
    return { ClusterSubnetGroups: page.items.map((group) => toWire(caller, group)), ...page.next };
  },
  changes: false,
};

export const modifyClusterSubnetGroup: Action<
  RedshiftDeps,
  wire.ModifyClusterSubnetGroupMessage,
  wire.ModifyClusterSubnetGroupResult
> = {
  permissions: (deps, input, caller) =>
    onResource('ModifyClusterSubnetGroup', deps, caller, {
      kind: 'subnetgroup',
      name: input.ClusterSubnetGroupName,
    }),
  run: async (deps, input, caller) => {
    const subnetIds = requireSubnets(input.SubnetIds);
    const { name } = await requireSubnetGroup(deps, caller, input.ClusterSubnetGroupName);
    const changed = await deps.resources.update(
      caller.principal.accountId,
      'subnet-group',
      name,
      (content) => ({ ...content, subnetIds, description: input.Description ?? content.description }),
    );
    if (changed === undefined) throw subnetGroupNotFound(name);
    return { ClusterSubnetGroup: toWire(caller, changed) };
  },
  changes: false,
};

export const deleteClusterSubnetGroup: Action<RedshiftDeps, wire.DeleteClusterSubnetGroupMessage, void> = {
  permissions: (deps, input, caller) =>
    onResource('DeleteClusterSubnetGroup', deps, caller, {
      kind: 'subnetgroup',
      name: input.ClusterSubnetGroupName,
    }),
  run: async (deps, input, caller) => {
    const { accountId } = caller.principal;
    const { name } = await requireSubnetGroup(deps, caller, input.ClusterSubnetGroupName);
    const clusters = await deps.clusters.list(accountId);
    if (clusters.some(({ settings }) => describedOptions(settings).ClusterSubnetGroupName === name)) {
      throw new AwsError(
        'InvalidClusterSubnetGroupStateFault',
        400,
        `The subnet group ${name} is in use by a cluster.`,
      );
    }
    await deps.resources.remove(accountId, 'subnet-group', name);
  },
  changes: false,
};

/** The group of that name, in any case. Throws ClusterSubnetGroupNotFoundFault. */
export async function requireSubnetGroup(deps: RedshiftDeps, caller: Caller, given: string): Promise<Group> {
  const name = given.toLowerCase();
  const found = await deps.resources.find(caller.principal.accountId, 'subnet-group', name);
  if (found === undefined) throw subnetGroupNotFound(name);
  return found;
}

function requireSubnets(ids: readonly string[]): readonly string[] {
  if (ids.length > SUBNETS_MAX) {
    throw quotaExceeded('ClusterSubnetQuotaExceededFault', SUBNETS_MAX, 'subnets in a subnet group');
  }
  if (ids.every((id) => /^subnet-[\w-]{1,64}$/.test(id))) return ids;
  throw new AwsError('InvalidSubnet', 400, 'SubnetIds must be identifiers such as subnet-1a2b3c4d.');
}

function subnetGroupNotFound(name: string): AwsError {
  return new AwsError(
    'ClusterSubnetGroupNotFoundFault',
    400,
    `Cluster subnet group ${name.slice(0, 255)} not found.`,
  );
}

function toWire(caller: Caller, { name, content }: Group): wire.ClusterSubnetGroup {
  return {
    ClusterSubnetGroupName: name,
    Description: content.description,
    VpcId: VPC_ID,
    SubnetGroupStatus: 'Complete',
    Subnets: content.subnetIds.map((id) => ({
      SubnetIdentifier: id,
      SubnetAvailabilityZone: { Name: `${caller.region}a` },
      SubnetStatus: 'Active',
    })),
    Tags: toWireTags(content.tags),
  };
}
