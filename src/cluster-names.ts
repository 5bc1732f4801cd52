import { portsTaken } from './cluster-ports.ts';
import type { Config } from './config.ts';
import type { RandomBytes } from './core/ids.ts';
import { chooseGatewayPort } from './ports.ts';
import type { Clusters } from './redshift/clusters.ts';
import { Endpoints } from './redshift/endpoints.ts';
import type { Resources } from './redshift/resources.ts';

/** By which names and ports clients reach the clusters of this node. */

/** Chooses the port that all clusters share, if there shall be one. Throws OperatorError when none is free. */
export async function openEndpoints(
  { host, publicHost, sniPort }: Config,
  clusters: Clusters,
  random: RandomBytes,
): Promise<Endpoints> {
  if (sniPort !== 0) return new Endpoints(publicHost, sniPort);
  const taken = await portsTaken({ clusters });
  return new Endpoints(publicHost, await chooseGatewayPort({ host, sharePorts: false }, 0, taken, random));
}

/** Every name that the certificate of this node has at its start. */
export async function certificateNames(
  { publicHost, accountId }: Config,
  clusters: Clusters,
  resources: Resources,
  endpoints: Endpoints,
): Promise<string[]> {
  const accounts = new Set([accountId, ...(await clusters.all()).map((cluster) => cluster.accountId)]);
  return [
    ...['localhost', '127.0.0.1', '::1', publicHost],
    ...(await resources.namesOfAll('custom-domain')),
    ...[...accounts].flatMap((account) => endpoints.wildcard(account) ?? []),
  ];
}

/** The cluster of a custom domain; undefined also where two accounts have one of that name. */
export async function clusterOfDomain(
  resources: Resources,
  name: string,
): Promise<{ readonly accountId: string; readonly identifier: string } | undefined> {
  const [domain, ...others] = await resources.inAllAccounts('custom-domain', name);
  if (domain === undefined || others.length > 0) return undefined;
  return { accountId: domain.accountId, identifier: domain.content.clusterIdentifier };
}
