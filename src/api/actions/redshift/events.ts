import { type ClusterEvent, clusterEvents } from '../../../audit/cluster-events.ts';
import { invalidParameterCombination, invalidParameterValue } from '../../../redshift/errors.ts';
import type { Store } from '../../../store/database.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { onePage } from './pages.ts';
import { onEverything } from './permissions.ts';

/** DescribeEvents: what happened to clusters, parameter groups and security groups, from the audit log. */

/** Minutes, as on Redshift: the time to look back by when none is given, and the longest. */
const MINUTES_DEFAULT = 60;
const MINUTES_MAX = 14 * 24 * 60;

/** What an operation leaves behind. */
interface Trace {
  readonly operation: string;
  readonly type: 'cluster' | 'cluster-parameter-group' | 'cluster-security-group';
  /** Redshift's where it publishes one, else ours. Source: Management Guide, "Amazon Redshift event notifications". */
  readonly id: string;
  readonly category: 'configuration' | 'management' | 'monitoring' | 'security';
  readonly message: (source: string, details: ClusterEvent['details']) => string;
  /** Absent: always. */
  readonly when?: (details: ClusterEvent['details']) => boolean;
}

/** Under which name the log has what a trace is about. */
const SOURCES = {
  cluster: 'cluster',
  'cluster-parameter-group': 'parametergroup',
  'cluster-security-group': 'securitygroup',
} as const;

const hasChanged =
  (member: string) =>
  ({ changed }: ClusterEvent['details']): boolean =>
    Array.isArray(changed) && changed.includes(member);
const isNewGroup = hasChanged('ClusterParameterGroupName');
const isNewPassword = hasChanged('MasterUserPassword');

const TRACES: readonly Trace[] = [
  {
    operation: 'redshift:CreateCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-2000',
    category: 'management',
    message: (name) => `The creation of cluster ${name} was requested.`,
  },
  {
    operation: 'redshift:DeleteCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-2001',
    category: 'management',
    message: (name) => `Cluster ${name} is deleted.`,
  },
  {
    operation: 'redshift:ModifyCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-1001',
    category: 'configuration',
    message: (name, { parameterGroup }) =>
      `Cluster ${name} was modified to use the parameter group ${parameterGroup}.`,
    when: isNewGroup,
  },
  {
    operation: 'redshift:ModifyCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-4000',
    category: 'security',
    message: (name) => `The master credentials of cluster ${name} were updated.`,
    when: isNewPassword,
  },
  {
    operation: 'redshift:ModifyCluster',
    type: 'cluster',
    id: 'KEYSHIFT-EVENT-ModifyCluster',
    category: 'configuration',
    message: (name) => `Cluster ${name} was modified.`,
    when: (details) => !isNewGroup(details) && !isNewPassword(details),
  },
  {
    operation: 'redshift:ModifyClusterIamRoles',
    type: 'cluster',
    id: 'KEYSHIFT-EVENT-ModifyClusterIamRoles',
    category: 'configuration',
    message: (name) => `The IAM roles of cluster ${name} changed.`,
  },
  {
    operation: 'redshift:PauseCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-3618',
    category: 'monitoring',
    message: (name) => `Cluster ${name} is paused.`,
  },
  {
    operation: 'redshift:ResumeCluster',
    type: 'cluster',
    id: 'KEYSHIFT-EVENT-ResumeCluster',
    category: 'monitoring',
    message: (name) => `Cluster ${name} is resumed.`,
  },
  {
    operation: 'redshift:RebootCluster',
    type: 'cluster',
    id: 'REDSHIFT-EVENT-3000',
    category: 'monitoring',
    message: (name) => `Cluster ${name} is rebooted.`,
  },
  {
    operation: 'redshift:CreateClusterParameterGroup',
    type: 'cluster-parameter-group',
    id: 'REDSHIFT-EVENT-1003',
    category: 'configuration',
    message: (name) => `Cluster parameter group ${name} was created.`,
  },
  {
    operation: 'redshift:ModifyClusterParameterGroup',
    type: 'cluster-parameter-group',
    id: 'REDSHIFT-EVENT-1005',
    category: 'configuration',
    message: (name) =>
      `Cluster parameter group ${name} was updated. Reboot the clusters that use it to apply the changes.`,
  },
  {
    operation: 'redshift:ResetClusterParameterGroup',
    type: 'cluster-parameter-group',
    id: 'REDSHIFT-EVENT-1005',
    category: 'configuration',
    message: (name) =>
      `Cluster parameter group ${name} was reset. Reboot the clusters that use it to apply the changes.`,
  },
  {
    operation: 'redshift:DeleteClusterParameterGroup',
    type: 'cluster-parameter-group',
    id: 'REDSHIFT-EVENT-1004',
    category: 'configuration',
    message: (name) => `Cluster parameter group ${name} was deleted.`,
  },
  {
    operation: 'redshift:CreateClusterSecurityGroup',
    type: 'cluster-security-group',
    id: 'REDSHIFT-EVENT-4002',
    category: 'security',
    message: (name) => `Cluster security group ${name} was created.`,
  },
  {
    operation: 'redshift:DeleteClusterSecurityGroup',
    type: 'cluster-security-group',
    id: 'REDSHIFT-EVENT-4003',
    category: 'security',
    message: (name) => `Cluster security group ${name} was deleted.`,
  },
];

export const describeEvents: Action<
  { readonly store: Store },
  wire.DescribeEventsMessage,
  wire.EventsMessage
> = {
  permissions: onEverything('DescribeEvents'),
  run: async ({ store }, input, caller) => {
    const { SourceIdentifier: source, SourceType: type } = input;
    if (source !== undefined && type === undefined) {
      throw invalidParameterCombination('SourceIdentifier needs a SourceType.');
    }
    const range = {
      accountId: caller.principal.accountId,
      names: [...new Set(TRACES.map(({ operation }) => operation))],
      ...period(input, caller),
    };
    const found = (await clusterEvents(store, range))
      .flatMap(tracesOf)
      .filter(
        ({ event }) =>
          (type === undefined || event.SourceType === type) &&
          (source === undefined || event.SourceIdentifier === source.toLowerCase()),
      );
    const page = onePage(found, input, ({ key }) => key);
    return { Events: page.items.map(({ event }) => event), ...page.next };
  },
  changes: false,
};

function period(
  input: wire.DescribeEventsMessage,
  caller: Caller,
): { readonly from: Date; readonly to: Date } {
  const minutes = input.Duration ?? MINUTES_DEFAULT;
  if (minutes < 1 || minutes > MINUTES_MAX) {
    throw invalidParameterValue(`Duration must be between 1 and ${MINUTES_MAX} minutes.`);
  }
  const to = input.EndTime ?? caller.at;
  const from = input.StartTime ?? new Date(to.getTime() - minutes * 60_000);
  if (from > to) throw invalidParameterValue('StartTime must not be after EndTime.');
  return { from, to };
}

/** What one call left behind, each with what tells it from all others, in the order of the log. */
function tracesOf({ sequence, at, name, details }: ClusterEvent) {
  const traces = TRACES.filter(({ operation, when }) => operation === name && when?.(details) !== false);
  return traces.flatMap(({ type, id, category, message }, n) => {
    const named = details[SOURCES[type]];
    if (typeof named !== 'string') return [];
    // As it is kept, however the call wrote it.
    const source = named.toLowerCase();
    const event: wire.Event = {
      SourceIdentifier: source,
      SourceType: type,
      Message: message(source, details),
      EventCategories: [category],
      Severity: 'INFO',
      Date: at,
      EventId: id,
    };
    return [{ key: `${sequence.padStart(19, '0')}.${n}`, event }];
  });
}
