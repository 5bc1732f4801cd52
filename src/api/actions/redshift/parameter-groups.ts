import { AwsError } from '../../../core/errors.ts';
import { invalidParameterValue, quotaExceeded } from '../../../redshift/errors.ts';
import {
  DEFAULT_PARAMETER_GROUP,
  isDefaultParameterGroup,
  PARAMETER_FAMILIES,
  PARAMETERS,
  type ParameterValue,
  requireKnownParameter,
  requireParameter,
} from '../../../redshift/parameters.ts';
import type { Resource } from '../../../redshift/resources.ts';
import { withTags } from '../../../redshift/tags.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { onePage } from './pages.ts';
import { onEverything, onResource } from './permissions.ts';
import { fromWireTags, isTagged, toWireTags } from './tags.ts';

/** Parameter groups. A change has effect on a cluster when it is rebooted or resumed, as DescribeClusters tells. */

/** Groups of one account, as Redshift's default quota. */
const GROUPS_MAX = 20;
const NAME = /^[a-zA-Z](?:-?[a-zA-Z0-9.]){0,254}$/;

type Group = Resource<'parameter-group'>['content'] & { readonly name: string };

export const createClusterParameterGroup: Action<
  RedshiftDeps,
  wire.CreateClusterParameterGroupMessage,
  wire.CreateClusterParameterGroupResult
> = {
  permissions: (deps, input, caller) =>
    onResource(
      'CreateClusterParameterGroup',
      deps,
      caller,
      { kind: 'parametergroup', name: input.ParameterGroupName },
      input.Tags,
    ),
  run: async (deps, input, caller) => {
    const name = input.ParameterGroupName.toLowerCase();
    if (!NAME.test(name) || isDefaultParameterGroup(name)) {
      throw invalidParameterValue(
        'A parameter group name must have 1 to 255 letters, digits, periods or single hyphens, begin with a ' +
          'letter, and not end with a hyphen.',
      );
    }
    requireFamily(input.ParameterGroupFamily);
    const content = {
      family: input.ParameterGroupFamily,
      description: input.Description,
      parameters: [],
      tags: withTags([], fromWireTags(input.Tags)),
    };
    await deps.resources.insert(caller.principal.accountId, 'parameter-group', name, content, {
      exists: () =>
        new AwsError('ClusterParameterGroupAlreadyExists', 400, `ParameterGroup ${name} already exists`),
      max: GROUPS_MAX,
      tooMany: () => quotaExceeded('ClusterParameterGroupQuotaExceeded', GROUPS_MAX, 'parameter groups'),
    });
    return { ClusterParameterGroup: toWire({ ...content, name }) };
  },
  changes: false,
};

export const describeClusterParameterGroups: Action<
  RedshiftDeps,
  wire.DescribeClusterParameterGroupsMessage,
  wire.ClusterParameterGroupsMessage
> = {
  permissions: onEverything('DescribeClusterParameterGroups'),
  run: async (deps, input, caller) => {
    const { ParameterGroupName: name = '' } = input;
    const all = name === '' ? await allGroups(deps, caller) : [await requireGroup(deps, caller, name)];
    const found = all.filter(({ tags }) => isTagged(tags, input));
    const page = onePage(found, input, (group) => group.name);
    return { ParameterGroups: page.items.map(toWire), ...page.next };
  },
  changes: false,
};

export const describeClusterParameters: Action<
  RedshiftDeps,
  wire.DescribeClusterParametersMessage,
  wire.ClusterParameterGroupDetails
> = {
  permissions: (deps, input, caller) =>
    onResource('DescribeClusterParameters', deps, caller, {
      kind: 'parametergroup',
      name: input.ParameterGroupName,
    }),
  run: async (deps, input, caller) => {
    const { parameters } = await requireGroup(deps, caller, input.ParameterGroupName);
    const all = wireParameters(parameters).filter(
      ({ Source }) => input.Source === undefined || Source === input.Source,
    );
    const page = onePage(all, input, (parameter) => parameter.ParameterName ?? '');
    return { Parameters: page.items, ...page.next };
  },
  changes: false,
};

export const describeDefaultClusterParameters: Action<
  RedshiftDeps,
  wire.DescribeDefaultClusterParametersMessage,
  wire.DescribeDefaultClusterParametersResult
> = {
  permissions: onEverything('DescribeDefaultClusterParameters'),
  run: async (_deps, input) => {
    requireFamily(input.ParameterGroupFamily);
    const page = onePage(wireParameters([]), input, (parameter) => parameter.ParameterName ?? '');
    const parameters = {
      ParameterGroupFamily: input.ParameterGroupFamily,
      Parameters: page.items,
      ...page.next,
    };
    return { DefaultClusterParameters: parameters };
  },
  changes: false,
};

export const modifyClusterParameterGroup: Action<
  RedshiftDeps,
  wire.ModifyClusterParameterGroupMessage,
  wire.ClusterParameterGroupNameMessage
> = {
  permissions: (deps, input, caller) =>
    onResource('ModifyClusterParameterGroup', deps, caller, {
      kind: 'parametergroup',
      name: input.ParameterGroupName,
    }),
  run: async (deps, input, caller) => {
    const changed = input.Parameters.map(fromWire);
    for (const parameter of changed) requireParameter(parameter);
    return changeGroup(deps, caller, input.ParameterGroupName, (present) => {
      const all = new Map([...present, ...changed].map(({ name, value }) => [name, value]));
      return [...all].map(([name, value]) => ({ name, value }));
    });
  },
  changes: false,
};

export const resetClusterParameterGroup: Action<
  RedshiftDeps,
  wire.ResetClusterParameterGroupMessage,
  wire.ClusterParameterGroupNameMessage
> = {
  permissions: (deps, input, caller) =>
    onResource('ResetClusterParameterGroup', deps, caller, {
      kind: 'parametergroup',
      name: input.ParameterGroupName,
    }),
  run: async (deps, input, caller) => {
    const names = new Set((input.Parameters ?? []).map(({ ParameterName = '' }) => ParameterName));
    for (const name of names) requireKnownParameter(name);
    // Without a list all of them are meant, which is also what ResetAllParameters says.
    const isAll = input.ResetAllParameters ?? names.size === 0;
    return changeGroup(deps, caller, input.ParameterGroupName, (present) =>
      isAll ? [] : present.filter(({ name }) => !names.has(name)),
    );
  },
  changes: false,
};

export const deleteClusterParameterGroup: Action<
  RedshiftDeps,
  wire.DeleteClusterParameterGroupMessage,
  void
> = {
  permissions: (deps, input, caller) =>
    onResource('DeleteClusterParameterGroup', deps, caller, {
      kind: 'parametergroup',
      name: input.ParameterGroupName,
    }),
  run: async (deps, input, caller) => {
    const { accountId } = caller.principal;
    const { name } = await requireOwnGroup(deps, caller, input.ParameterGroupName);
    const clusters = await deps.clusters.list(accountId);
    if (clusters.some(({ settings }) => settings.parameterGroup === name)) {
      throw invalidGroupState(`The parameter group ${name} is in use by a cluster.`);
    }
    await deps.resources.remove(accountId, 'parameter-group', name);
  },
  changes: false,
};

/** The group of that name, in any case. Throws ClusterParameterGroupNotFound. */
export async function requireGroup(deps: RedshiftDeps, caller: Caller, given: string): Promise<Group> {
  const name = given.toLowerCase();
  if (isDefaultParameterGroup(name)) return defaultGroup(name);
  const found = await deps.resources.find(caller.principal.accountId, 'parameter-group', name);
  if (found !== undefined) return { ...found.content, name };
  throw new AwsError('ClusterParameterGroupNotFound', 404, `ParameterGroup not found: ${name.slice(0, 255)}`);
}

async function requireOwnGroup(deps: RedshiftDeps, caller: Caller, given: string): Promise<Group> {
  const group = await requireGroup(deps, caller, given);
  if (!isDefaultParameterGroup(group.name)) return group;
  throw invalidGroupState(`The default parameter group ${group.name} cannot be changed.`);
}

async function changeGroup(
  deps: RedshiftDeps,
  caller: Caller,
  given: string,
  change: (parameters: readonly ParameterValue[]) => readonly ParameterValue[],
): Promise<wire.ClusterParameterGroupNameMessage> {
  const { name } = await requireOwnGroup(deps, caller, given);
  const byName = (a: ParameterValue, b: ParameterValue): number => (a.name < b.name ? -1 : 1);
  await deps.resources.update(caller.principal.accountId, 'parameter-group', name, (content) => ({
    ...content,
    parameters: [...change(content.parameters)].sort(byName),
  }));
  return {
    ParameterGroupName: name,
    ParameterGroupStatus:
      'Your parameter group has been updated. If you changed only dynamic parameters, associated clusters are ' +
      'being modified now. If you changed static parameters, all updates, including dynamic parameters, will be ' +
      'applied when you reboot the associated clusters.',
  };
}

async function allGroups(deps: RedshiftDeps, caller: Caller): Promise<Group[]> {
  const own = await deps.resources.list(caller.principal.accountId, 'parameter-group');
  const all = [
    defaultGroup(DEFAULT_PARAMETER_GROUP),
    ...own.map(({ name, content }) => ({ ...content, name })),
  ];
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function defaultGroup(name: string): Group {
  const family = name.slice('default.'.length);
  return { name, family, description: `Default parameter group for ${family}`, parameters: [], tags: [] };
}

function requireFamily(family: string): void {
  if (PARAMETER_FAMILIES.has(family)) return;
  throw invalidParameterValue(`ParameterGroupFamily must be one of: ${[...PARAMETER_FAMILIES].join(', ')}.`);
}

function fromWire({ ParameterName = '', ParameterValue = '' }: wire.Parameter): ParameterValue {
  return { name: ParameterName, value: ParameterValue };
}

function wireParameters(values: readonly ParameterValue[]): wire.Parameter[] {
  const set = new Map(values.map(({ name, value }) => [name, value]));
  return [...PARAMETERS.values()].map(({ name, defaultValue, dataType, allowedValues, description }) => ({
    ParameterName: name,
    ParameterValue: set.get(name) ?? defaultValue,
    Description: description,
    Source: set.has(name) ? 'user' : 'engine-default',
    DataType: dataType,
    AllowedValues: allowedValues,
    ApplyType: 'static',
    IsModifiable: true,
  }));
}

function toWire(group: Group): wire.ClusterParameterGroup {
  return {
    ParameterGroupName: group.name,
    ParameterGroupFamily: group.family,
    Description: group.description,
    Tags: toWireTags(group.tags),
  };
}

function invalidGroupState(message: string): AwsError {
  return new AwsError('InvalidClusterParameterGroupState', 400, message);
}
