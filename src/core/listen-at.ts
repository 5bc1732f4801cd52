import type { AddressInfo, Server } from 'node:net';

/** Where the listeners of a node bind. */
export interface Binding {
  readonly host: string;
  /**
   * Whether other processes of the same user may listen at the same ports: the system then gives each a share of the
   * connections (SO_REUSEPORT). Node.js 20 and some systems cannot do that, see `requireSharedPorts`.
   */
  readonly sharePorts: boolean;
}

/** Starts to listen, and gives the port; 0 takes any free one. Rejects with the system's error when it cannot. */
export function listenAt(server: Server, { host, sharePorts }: Binding, port: number): Promise<number> {
  const options = { host, port, reusePort: sharePorts };
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.removeListener('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
