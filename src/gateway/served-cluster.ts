import type { SystemLogKind } from '../postgres/system-log.ts';
import { type Cluster, clusterArn } from '../redshift/clusters.ts';
import { credentialKeyPurpose } from '../redshift/credential.ts';
import type { LogType } from '../redshift/logging.ts';
import type { Keyring } from '../store/keyring.ts';
import type { LogDelivery } from './log-delivery.ts';
import type { ServedCluster } from './route.ts';
import type { ServerLink } from './server-link.ts';
import { serverUnreachable } from './tellable.ts';

/** Which log of EnableLogging has the events of a kind. */
const LOG_OF: Readonly<Record<SystemLogKind, LogType>> = { connections: 'connectionlog', users: 'userlog' };

/** What sessions see of a cluster of this node: its server is behind `link`, which may not have reached it. */
export function servedCluster(
  options: { readonly region: string; readonly keyring: Keyring },
  cluster: Cluster,
  link: ServerLink,
  logs: LogDelivery,
): ServedCluster {
  const arn = clusterArn(options.region, cluster);
  return {
    accountId: cluster.accountId,
    identifier: cluster.identifier,
    arn,
    keys: options.keyring.derive(credentialKeyPurpose(arn)),
    get access() {
      if (link.access === undefined) throw serverUnreachable();
      return link.access;
    },
    warm: link.warm,
    note: (kind, event) => {
      if (link.access?.way === 'peer') link.access.systemLog?.append(kind, event);
      logs.append(LOG_OF[kind], event);
    },
    get userLog() {
      return link.userLog;
    },
  };
}
