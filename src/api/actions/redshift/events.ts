import { clusterEvents } from '../../../audit/cluster-events.ts';
import { AwsError } from '../../../core/errors.ts';
import { invalidParameterValue } from '../../../redshift/errors.ts';
import type { Store } from '../../../store/database.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import { onePage } from './pages.ts';
import { onEverything } from './permissions.ts';

/** DescribeEvents: what happened to clusters, from the audit log. */

/** Minutes, as on Redshift: the time to look back by when none is given, and the longest. */
const MINUTES_DEFAULT = 60;
const MINUTES_MAX = 14 * 24 * 60;

/** What each operation leaves behind. Identifiers are Redshift's where it publishes one, else ours. */
const MESSAGES: ReadonlyMap<
  string,
  readonly [id: string, category: string, message: (cluster: string) => string]
> = new Map([
  [
    'redshift:CreateCluster',
    ['REDSHIFT-EVENT-2000', 'management', (name) => `The creation of cluster ${name} was requested.`],
  ],
  ['redshift:DeleteCluster', ['REDSHIFT-EVENT-2001', 'management', (name) => `Cluster ${name} is deleted.`]],
  [
    'redshift:ModifyCluster',
    ['KEYSHIFT-EVENT-ModifyCluster', 'configuration', (name) => `Cluster ${name} was modified.`],
  ],
  [
    'redshift:ModifyClusterIamRoles',
    [
      'KEYSHIFT-EVENT-ModifyClusterIamRoles',
      'configuration',
      (name) => `The IAM roles of cluster ${name} changed.`,
    ],
  ],
  [
    'redshift:PauseCluster',
    ['KEYSHIFT-EVENT-PauseCluster', 'management', (name) => `Cluster ${name} is paused.`],
  ],
  [
    'redshift:ResumeCluster',
    ['KEYSHIFT-EVENT-ResumeCluster', 'management', (name) => `Cluster ${name} is resumed.`],
  ],
  [
    'redshift:RebootCluster',
    ['KEYSHIFT-EVENT-RebootCluster', 'management', (name) => `Cluster ${name} is rebooted.`],
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
      throw new AwsError('InvalidParameterCombination', 400, 'SourceIdentifier needs a SourceType.');
    }
    // Clusters are all that anything happens to here.
    if (type !== undefined && type !== 'cluster') return { Events: [] };
    const range = {
      accountId: caller.principal.accountId,
      names: [...MESSAGES.keys()],
      ...period(input, caller),
    };
    const found = (await clusterEvents(store, range)).filter(
      ({ cluster }) => source === undefined || cluster === source,
    );
    const page = onePage(found, input, (event) => event.sequence.padStart(19, '0'));
    return { Events: page.items.map(toWire), ...page.next };
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

function toWire(event: Awaited<ReturnType<typeof clusterEvents>>[number]): wire.Event {
  const known = MESSAGES.get(event.name);
  if (known === undefined) throw new Error(`no message for ${event.name}`);
  const [id, category, message] = known;
  return {
    SourceIdentifier: event.cluster,
    SourceType: 'cluster',
    Message: message(event.cluster),
    EventCategories: [category],
    Severity: 'INFO',
    Date: event.at,
    EventId: id,
  };
}
