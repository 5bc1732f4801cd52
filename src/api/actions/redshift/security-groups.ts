import { AwsError } from '../../../core/errors.ts';
import type { ClusterSettings } from '../../../redshift/clusters.ts';
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

/**
 * Cluster security groups, for configurations that name one. They are kept and given back, and have no rules: the
 * operations that would give them some are refused, because nothing would follow them.
 */

/** As Redshift's quota. */
const GROUPS_MAX = 20;
const NAME = /^[a-z0-9._ -]{1,255}$/;

export const createClusterSecurityGroup: Action<
  RedshiftDeps,
  wire.CreateClusterSecurityGroupMessage,
  wire.CreateClusterSecurityGroupResult
> = {
  permissions: (deps, input, caller) =>
    onResource(
      'CreateClusterSecurityGroup',
      deps,
      caller,
      { kind: 'securitygroup', name: input.ClusterSecurityGroupName },
      input.Tags,
    ),
  run: async (deps, input, caller) => {
    const name = input.ClusterSecurityGroupName.toLowerCase();
    if (!NAME.test(name) || name === 'default') {
      throw invalidParameterValue(
        'A security group name must have 1 to 255 letters, digits, periods, underscores, spaces or hyphens, and ' +
          'must not be default.',
      );
    }
    const content = { description: input.Description, tags: withTags([], fromWireTags(input.Tags)) };
    const made = await deps.resources.insert(caller.principal.accountId, 'security-group', name, content, {
      exists: () =>
        new AwsError('ClusterSecurityGroupAlreadyExists', 400, `The security group ${name} already exists.`),
      max: GROUPS_MAX,
      tooMany: () => quotaExceeded('QuotaExceeded.ClusterSecurityGroup', GROUPS_MAX, 'security groups'),
    });
    return { ClusterSecurityGroup: toWire(made) };
  },
  changes: false,
};

export const describeClusterSecurityGroups: Action<
  RedshiftDeps,
  wire.DescribeClusterSecurityGroupsMessage,
  wire.ClusterSecurityGroupMessage
> = {
  permissions: onEverything('DescribeClusterSecurityGroups'),
  run: async (deps, input, caller) => {
    const { ClusterSecurityGroupName: name = '' } = input;
    const all =
      name === ''
        ? await deps.resources.list(caller.principal.accountId, 'security-group')
        : [await requireSecurityGroup(deps, caller, name)];
    const found = all.filter(({ content }) => isTagged(content.tags, input));
    const page = onePage(found, input, (group) => group.name);
    return { ClusterSecurityGroups: page.items.map(toWire), ...page.next };
  },
  changes: false,
};

export const deleteClusterSecurityGroup: Action<RedshiftDeps, wire.DeleteClusterSecurityGroupMessage, void> =
  {
    permissions: (deps, input, caller) =>
      onResource('DeleteClusterSecurityGroup', deps, caller, {
        kind: 'securitygroup',
        name: input.ClusterSecurityGroupName,
      }),
    run: async (deps, input, caller) => {
      const { accountId } = caller.principal;
      const { name } = await requireSecurityGroup(deps, caller, input.ClusterSecurityGroupName);
      const clusters = await deps.clusters.list(accountId);
      if (clusters.some(({ settings }) => securityGroupsOf(settings).includes(name))) {
        throw new AwsError(
          'InvalidClusterSecurityGroupState',
          400,
          `The security group ${name} is in use by a cluster.`,
        );
      }
      await deps.resources.remove(accountId, 'security-group', name);
    },
    changes: false,
  };

/** The group of that name, in any case. Throws ClusterSecurityGroupNotFound. */
export async function requireSecurityGroup(
  deps: RedshiftDeps,
  caller: Caller,
  given: string,
): Promise<Resource<'security-group'>> {
  const name = given.toLowerCase();
  const found = await deps.resources.find(caller.principal.accountId, 'security-group', name);
  if (found !== undefined) return found;
  throw new AwsError(
    'ClusterSecurityGroupNotFound',
    404,
    `Cluster security group ${name.slice(0, 255)} not found.`,
  );
}

const securityGroupsOf = (settings: ClusterSettings): readonly string[] =>
  (describedOptions(settings).ClusterSecurityGroups ?? []).map((name) => name.toLowerCase());

function toWire({ name, content }: Resource<'security-group'>): wire.ClusterSecurityGroup {
  return {
    ClusterSecurityGroupName: name,
    Description: content.description,
    EC2SecurityGroups: [],
    IPRanges: [],
    Tags: toWireTags(content.tags),
  };
}
