import type { SecureContext } from 'node:tls';
import { SqlError } from '../core/errors.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import type { SystemLogKind } from '../postgres/system-log.ts';
import type { UserLog } from '../postgres/user-log.ts';
import { clusterOfHostName } from '../redshift/endpoints.ts';
import type { DerivedKeys } from '../store/keyring.ts';
import type { RecentRefusals } from './recent-refusals.ts';
import type { WarmBackends } from './warm-backends.ts';

/** Which cluster a connection is for: that of the port, or that of the host name which the client gives in TLS. */

/** A cluster that this gateway serves. */
export interface ServedCluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly arn: string;
  readonly keys: DerivedKeys;
  /** Throws SqlError 57P03 while the server has not been reached for the first time. */
  readonly access: ServerAccess;
  readonly warm: WarmBackends;
  /** Keeps an event for its system tables and for the logs of EnableLogging. */
  readonly note: (kind: SystemLogKind, event: Readonly<Record<string, unknown>>) => void;
  /** Notes there what changes of users; undefined for an external server. */
  readonly userLog: UserLog | undefined;
}

export interface Route {
  readonly tls: () => SecureContext;
  readonly recentRefusals: RecentRefusals;
  /** The cluster of a port that has but one. */
  readonly cluster: ServedCluster | undefined;
  /** The cluster of a host name; undefined where the client gave none. Throws SqlError 08004. */
  byName(serverName: string | undefined): Promise<ServedCluster>;
}

type Found = Pick<ServedCluster, 'accountId' | 'identifier'>;

export interface NamedClusters {
  /** The cluster, if this node serves it now. */
  find(cluster: Found): ServedCluster | undefined;
  /** The cluster that a custom domain stands for. */
  ofDomain(name: string): Promise<Found | undefined>;
}

/** Finds the cluster of a host name: `identifier.account.…`, or a custom domain. Throws SqlError 08004. */
export async function clusterByName(
  clusters: NamedClusters,
  serverName: string | undefined,
): Promise<ServedCluster> {
  if (serverName === undefined) {
    throw noCluster(
      'The client named no host in the TLS handshake (server name indication, SNI).',
      'Let it connect by host name and not by address, or to the port of the cluster itself.',
    );
  }
  const name = clusterOfHostName(serverName) ?? (await clusters.ofDomain(serverName.toLowerCase()));
  const found = name === undefined ? undefined : clusters.find(name);
  if (found !== undefined) return found;
  throw noCluster(
    `The host name "${serverName}" is that of no cluster here.`,
    'The host names of clusters are in the answer of DescribeClusters.',
  );
}

/** 08004: the server rejected the connection. */
function noCluster(detail: string, hint: string): SqlError {
  return new SqlError('08004', 'this port serves several clusters, and nothing tells which one is meant', {
    detail,
    hint,
  });
}
