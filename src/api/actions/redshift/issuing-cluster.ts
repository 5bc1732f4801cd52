import { type Cluster, clusterArn } from '../../../redshift/clusters.ts';
import { credentialKeyPurpose } from '../../../redshift/credential.ts';
import type { IssuingCluster } from '../../../redshift/issue-credentials.ts';
import type { Caller } from '../../action.ts';
import type { RedshiftDeps } from './deps.ts';

/** By the row that is held in memory: a node has one region and one keyring for as long as it runs. */
const known = new WeakMap<Cluster, IssuingCluster>();

/** The name of a cluster and the keys that its credentials are made with. */
export function issuingCluster(deps: RedshiftDeps, caller: Caller, cluster: Cluster): IssuingCluster {
  const found = known.get(cluster);
  if (found !== undefined) return found;
  const arn = clusterArn(caller.region, cluster);
  const issuing = { arn, keys: deps.keyring.derive(credentialKeyPurpose(arn)) };
  known.set(cluster, issuing);
  return issuing;
}
