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

function trace(
  type: Trace['type'],
  id: string,
  category: Trace['category'],
  message: Trace['message'],
  when?: Trace['when'],
): Trace {
  return { type, id, category, message, ...(when === undefined ? {} : { when }) };
}

const hasChanged =
  (member: string) =>
  ({ changed }: ClusterEvent['details']): boolean =>
    Array.isArray(changed) && changed.includes(member);
const isNewGroup = hasChanged('ClusterParameterGroupName');
const isNewPassword = hasChanged('MasterUserPassword');
/** By operation. */
const TRACES: ReadonlyMap<string, readonly Trace[]> = new Map([
  [
    'redshift:CreateCluster',
    [
      trace(
        'cluster',
        'REDSHIFT-EVENT-2000',
        'management',
        (name) => `The creation of cluster ${name} was requested.`,
      ),
    ],
  ],
  [
    'redshift:DeleteCluster',
    [trace('cluster', 'REDSHIFT-EVENT-2001', 'management', (name) => `Cluster ${name} is deleted.`)],
  ],
  [
    'redshift:ModifyCluster',
    [
      trace(
        'cluster',
        'REDSHIFT-EVENT-1001',
        'configuration',
        (name, { parameterGroup }) =>
          `Cluster ${name} was modified to use the parameter group ${parameterGroup}.`,
        isNewGroup,
      ),
      trace(
        'cluster',
        'REDSHIFT-EVENT-4000',
        'security',
        (name) => `The master credentials of cluster ${name} were updated.`,
        isNewPassword,
      ),
      trace(
        'cluster',
        'KEYSHIFT-EVENT-ModifyCluster',
        'configuration',
        (name) => `Cluster ${name} was modified.`,
        (details) => !isNewGroup(details) && !isNewPassword(details),
      ),
    ],
  ],
  [
    'redshift:ModifyClusterIamRoles',
    [
      trace(
        'cluster',
        'KEYSHIFT-EVENT-ModifyClusterIamRoles',
        'configuration',
        (name) => `The IAM roles of cluster ${name} changed.`,
      ),
    ],
  ],
  [
    'redshift:PauseCluster',
    [trace('cluster', 'REDSHIFT-EVENT-3618', 'monitoring', (name) => `Cluster ${name} is paused.`)],
  ],
  [
    'redshift:ResumeCluster',
    [trace('cluster', 'KEYSHIFT-EVENT-ResumeCluster', 'monitoring', (name) => `Cluster ${name} is resumed.`)],
  ],
  [
    'redshift:RebootCluster',
    [trace('cluster', 'REDSHIFT-EVENT-3000', 'monitoring', (name) => `Cluster ${name} is rebooted.`)],
  ],
  [
    'redshift:CreateClusterParameterGroup',
    [
      trace(
        'cluster-parameter-group',
        'REDSHIFT-EVENT-1003',
        'configuration',
        (name) => `Cluster parameter group ${name} was created.`,
      ),
    ],
  ],
  [
    'redshift:ModifyClusterParameterGroup',
    [
      trace(
        'cluster-parameter-group',
        'REDSHIFT-EVENT-1005',
        'configuration',
        (name) =>
          `Cluster parameter group ${name} was updated. Reboot the clusters that use it to apply the changes.`,
      ),
    ],
  ],
  [
    'redshift:ResetClusterParameterGroup',
    [
      trace(
        'cluster-parameter-group',
        'REDSHIFT-EVENT-1005',
        'configuration',
        (name) =>
          `Cluster parameter group ${name} was reset. Reboot the clusters that use it to apply the changes.`,
      ),
    ],
  ],
  [
    'redshift:DeleteClusterParameterGroup',
    [
      trace(
        'cluster-parameter-group',
        'REDSHIFT-EVENT-1004',
        'configuration',
        (name) => `Cluster parameter group ${name} was deleted.`,
      ),
    ],
  ],
  [
    'redshift:CreateClusterSecurityGroup',
    [
      trace(
        'cluster-security-group',
        'REDSHIFT-EVENT-4002',
        'security',
        (name) => `Cluster security group ${name} was created.`,
      ),
    ],
  ],
  [
    'redshift:DeleteClusterSecurityGroup',
    [
      trace(
        'cluster-security-group',
        'REDSHIFT-EVENT-4003',
        'security',
        (name) => `Cluster security group ${name} was deleted.`,
      ),
    ],
  ],
]);

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
      names: [...TRACES.keys()],
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
  const traces = (TRACES.get(name) ?? []).filter(({ when }) => when === undefined || when(details));
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
