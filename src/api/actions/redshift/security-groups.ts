import { AwsError } from '../../../core/errors.ts';
import { invalidParameterValue, quotaExceeded } from '../../../redshift/errors.ts';
import type { Resource } from '../../../redshift/resources.ts';
import { withTags } from '../../../redshift/tags.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { onEverything, onResource } from './permissions.ts';
import { fromWireTags, toWireTags } from './tags.ts';

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
    const name = input.ClusterSecurityGroupName?.toLowerCase() ?? '';
    const all = await deps.resources.list(caller.principal.accountId, 'security-group');
    const found = name === '' ? all : all.filter((group) => group.name === name);
    if (found.length === 0 && name !== '') throw securityGroupNotFound(name);
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
      const name = input.ClusterSecurityGroupName.toLowerCase();
      const wasThere = await deps.resources.remove(caller.principal.accountId, 'security-group', name);
      if (!wasThere) throw securityGroupNotFound(name);
    },
    changes: false,
  };

function securityGroupNotFound(name: string): AwsError {
  return new AwsError(
    'ClusterSecurityGroupNotFound',
    404,
    `Cluster security group ${name.slice(0, 255)} not found.`,
  );
}

function toWire({ name, content }: Resource<'security-group'>): wire.ClusterSecurityGroup {
  return {
    ClusterSecurityGroupName: name,
    Description: content.description,
    EC2SecurityGroups: [],
    IPRanges: [],
    Tags: toWireTags(content.tags),
  };
}
