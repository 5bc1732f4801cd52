import { type Config, GATEWAY_PORT_MAX } from './config.ts';
import type { RandomBytes } from './core/ids.ts';
import type { Binding } from './core/listen-at.ts';
import { chooseGatewayPort } from './ports.ts';
import type { Cluster, Clusters } from './redshift/clusters.ts';
import { invalidParameterValue } from './redshift/errors.ts';

/** Which port a cluster listens at. The store knows it, so that no two clusters have one. */
interface ClusterPortsDeps {
  readonly config: Config;
  readonly clusters: Clusters;
  readonly random: RandomBytes;
}

/** As on Redshift. */
const CLUSTER_PORT_MIN = 1150;

/** Throws InvalidParameterValue for a port that a cluster cannot have, with one that it can. */
export async function requireClusterPort(deps: ClusterPortsDeps, port: number): Promise<void> {
  const binding = alone(deps.config);
  const taken = await portsTaken(deps);
  const isInRange = port >= CLUSTER_PORT_MIN && port <= GATEWAY_PORT_MAX;
  if (isInRange && (await chooseGatewayPort(binding, port, taken, deps.random)) === port) return;
  const free = await chooseGatewayPort(
    binding,
    isInRange ? port : deps.config.gatewayPort,
    taken,
    deps.random,
  );
  throw invalidParameterValue(
    `The port ${port} cannot be used: each cluster of Keyshift has a port of its own, between ` +
      `${CLUSTER_PORT_MIN} and ${GATEWAY_PORT_MAX}, that no other program listens at. ${free} is free.`,
  );
}

/** At the port of a new cluster no other process listens yet, of this installation or of another. */
const alone = ({ host }: Config): Binding => ({ host, sharePorts: false });

/** A port for a new cluster. */
export async function portForNew(deps: ClusterPortsDeps): Promise<number> {
  const taken = await portsTaken(deps);
  return chooseGatewayPort(alone(deps.config), deps.config.gatewayPort, taken, deps.random);
}

/** The cluster with the port to listen at: the first one's is configured, the others keep theirs if they can. */
export async function withPort(deps: ClusterPortsDeps, cluster: Cluster, isFirst: boolean): Promise<Cluster> {
  const { gatewayPort } = deps.config;
  // Read again, because the cluster before may have taken this one's port and given it its own.
  const { port: present } = await deps.clusters.get(cluster.accountId, cluster.identifier);
  const isConfigured = isFirst && gatewayPort !== 0;
  const taken = isConfigured ? new Set<number>() : await portsTaken(deps, cluster);
  const port = await chooseGatewayPort(deps.config, isConfigured ? gatewayPort : present, taken, deps.random);
  if (port !== present) await deps.clusters.setPort({ ...cluster, port: present }, port);
  return { ...cluster, port };
}

/** The ports of all clusters, but that of `except`. */
export async function portsTaken(
  { clusters }: Pick<ClusterPortsDeps, 'clusters'>,
  except?: Cluster,
): Promise<ReadonlySet<number>> {
  const all = await clusters.all();
  const others = all.filter(
    ({ accountId, identifier }) => accountId !== except?.accountId || identifier !== except.identifier,
  );
  return new Set(others.map(({ port }) => port));
}
