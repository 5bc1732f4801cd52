import type { Clock } from '../../../core/clock.ts';
import type { RandomBytes } from '../../../core/ids.ts';
import type { Secret } from '../../../core/secret.ts';
import type { Cluster, ClusterSettings, Clusters } from '../../../redshift/clusters.ts';
import type { Endpoints } from '../../../redshift/endpoints.ts';
import type { AccountLoginSettings } from '../../../redshift/login-settings.ts';
import type { Resources } from '../../../redshift/resources.ts';
import type { Keyring } from '../../../store/keyring.ts';

/** What a cluster is made of. */
export interface NewCluster {
  readonly accountId: string;
  readonly identifier: string;
  readonly masterUsername: string;
  readonly masterPassword: Secret;
  readonly databaseName: string;
  /** Undefined: any that is free. */
  readonly port: number | undefined;
  readonly settings: ClusterSettings;
  /** How many clusters the account may have; undefined: any number. */
  readonly clustersMax?: number;
}

/** The servers behind the clusters. Their work goes on after the call, as the cluster's status tells. */
export interface ClusterServers {
  /** Throws ClusterAlreadyExists, ClusterQuotaExceeded, and InvalidParameterValue for a port that is not free. */
  create(cluster: NewCluster): Promise<Cluster>;
  delete(cluster: Cluster): Promise<void>;
  /** The cluster's status says `pausing`, and `paused` when its server has stopped. */
  pause(cluster: Cluster): void;
  /** The cluster's status says `resuming`, and `available` when its server runs. */
  resume(cluster: Cluster): void;
  /** The cluster's status says `rebooting`, and `available` when its server runs again. */
  reboot(cluster: Cluster): void;
  /** Lets the cluster listen at another port, with the sessions that there are ended. Throws InvalidParameterValue. */
  move(cluster: Cluster, port: number): Promise<Cluster>;
  setMasterPassword(cluster: Cluster, password: Secret): Promise<void>;
  /** Delivers what this node's log of connections and users has for EnableLogging; never rejects. */
  deliverLogs(cluster: Cluster): Promise<void>;
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
  readonly loginSettings: AccountLoginSettings;
  readonly servers: ClusterServers;
  readonly endpoints: Endpoints;
  /** How many clusters an account may have. */
  readonly clusterQuota: (accountId: string) => Promise<number>;
}
