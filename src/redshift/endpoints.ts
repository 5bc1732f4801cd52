import type { Cluster } from './clusters.ts';

/** Where clients reach clusters: each at a port of its own, or all at one port, told apart by the host name (SNI). */

type Named = Pick<Cluster, 'accountId' | 'identifier'>;

export class Endpoints {
  readonly #publicHost: string;
  /** The one port of all clusters, if there is one. */
  readonly portByName: number | undefined;

  constructor(publicHost: string, portByName: number | undefined) {
    this.#publicHost = publicHost;
    this.portByName = portByName;
  }

  of(cluster: Named & Pick<Cluster, 'port'>): { readonly address: string; readonly port: number } {
    return this.portByName === undefined
      ? { address: this.#publicHost, port: cluster.port }
      : { address: this.#hostOf(cluster), port: this.portByName };
  }

  /** Whether a host name is the node's own, which stands for no cluster in particular. */
  isOwnName(host: string): boolean {
    return host.toLowerCase() === this.#publicHost.toLowerCase();
  }

  /** For the certificate: all clusters of an account. One label, as wildcards stand for (RFC 9525 section 6.3). */
  wildcard(accountId: string): string | undefined {
    return this.portByName === undefined ? undefined : this.#hostOf({ accountId, identifier: '*' });
  }

  #hostOf({ accountId, identifier }: Named): string {
    return `${identifier}.${accountId}.${this.#publicHost}`;
  }
}

const HOST_OF_CLUSTER = /^([a-z][a-z0-9-]*)\.(\d{12})\./;

/** The cluster that a host name names by its first two labels; what follows is how this network calls us. */
export function clusterOfHostName(host: string): Named | undefined {
  const [, identifier, accountId] = HOST_OF_CLUSTER.exec(host.toLowerCase()) ?? [];
  return identifier === undefined || accountId === undefined ? undefined : { accountId, identifier };
}
