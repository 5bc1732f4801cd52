import type { Logger } from '../core/logger.ts';
import type { Cluster, ClusterStatus, Clusters } from '../redshift/clusters.ts';

/** States out of which work in the background leads. */
const IN_CHANGE: readonly ClusterStatus[] = [
  'creating',
  'deleting',
  'pausing',
  'resuming',
  'rebooting',
  'modifying',
];

/** What is done to clusters after the call that asked for it was answered. */
export class ClusterWork {
  readonly #clusters: Clusters;
  readonly #logger: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor({ clusters, logger }: { readonly clusters: Clusters; readonly logger: Logger }) {
    this.#clusters = clusters;
    this.#logger = logger;
  }

  /** Does `work` on a cluster. One that it fails on is failed, as its status tells. */
  start(cluster: Cluster, work: () => Promise<void>): void {
    const facts = { account: cluster.accountId, cluster: cluster.identifier };
    const done = work()
      .catch(async (error: unknown) => {
        this.#logger.error({ ...facts, err: error }, 'a cluster failed');
        await this.#clusters.setStatus(cluster, IN_CHANGE, 'failed');
      })
      .catch((error: unknown) => {
        this.#logger.error({ ...facts, err: error }, "a cluster's status is not known");
      })
      .finally(() => this.#running.delete(done));
    this.#running.add(done);
  }

  /** Waits until none is under way. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
