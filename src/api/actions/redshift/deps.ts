import type { Clock } from '../../../core/clock.ts';
import type { RandomBytes } from '../../../core/ids.ts';
import type { Secret } from '../../../core/secret.ts';
import type { Cluster, ClusterSettings, Clusters } from '../../../redshift/clusters.ts';
import type { Resources } from '../../../redshift/resources.ts';
import type { Keyring } from '../../../store/keyring.ts';

/** What a cluster is made of. */
export interface NewCluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly masterUsername: string;
  readonly masterPassword: Secret;
  readonly databaseName: string;
  readonly settings: ClusterSettings;
}

/** The servers behind the clusters. Their work goes on after the call, as the cluster's status tells. */
export interface ClusterServers {
  /** Throws ClusterAlreadyExists. */
  create(cluster: NewCluster): Promise<Cluster>;
  delete(cluster: Cluster): Promise<void>;
  setMasterPassword(cluster: Cluster, password: Secret): Promise<void>;
  /** Puts a further host name into the gateway's certificate; logins under way keep the one they began with. */
  answerTo(hostName: string): Promise<void>;
}

/** What the rows of the Redshift table work with. */
export interface RedshiftDeps {
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly keyring: Keyring;
  readonly clusters: Clusters;
  readonly resources: Resources;
  readonly servers: ClusterServers;
  /** The name by which clients reach the gateway. */
  readonly publicHost: string;
}
