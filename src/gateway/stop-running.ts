import type { GatewayListener } from './listen.ts';
import type { LogDelivery } from './log-delivery.ts';
import type { ServedCluster } from './route.ts';
import type { ServerLink } from './server-link.ts';

/** The end of a cluster's service on this node: its listener, its sessions, and its server if that is ours. */

export interface Running {
  readonly served: ServedCluster;
  readonly listener: GatewayListener;
  readonly link: ServerLink;
  readonly logs: LogDelivery;
}

/**
 * PostgreSQL's fast shutdown tells each session why it ends (57P01); what is left after it is closed. A server of others
 * goes on, so there the sessions are ended first. `byName` is the listener that all clusters share, if there is one.
 */
export async function stopRunning(running: Running, byName: GatewayListener | undefined): Promise<void> {
  const { listener, link, logs, served } = running;
  const endSessions = () => Promise.all([listener.close(), byName?.endSessionsOf(served)]);
  listener.stopAccepting();
  if (!link.ownsServer) await endSessions();
  await link.close();
  await endSessions();
  // The ends of the sessions too.
  await logs.close();
}
