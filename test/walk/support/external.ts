import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClusterCredentialsRequest } from '../../../src/client/index.ts';
import { Keyshift } from './keyshift.ts';
import { issue, type Login } from './logins.ts';

/** A Keyshift whose only cluster is a server that somebody else runs. */

export const CLUSTER = 'legacy';
const DATABASE = 'app';
/** Where every login of these tests goes. */
export const APP = { database: DATABASE } as const;

/** Starts it with a clusters file of one entry, whose URL comes from the environment. */
export function startWithExternal(
  url: string,
  options: { readonly flags?: readonly string[] } = {},
): Promise<Keyshift> {
  return withClustersFile(CLUSTER, url, (clusters) => {
    const flags = [...clusters.flags, ...(options.flags ?? [])];
    return Keyshift.start({ flags, environment: clusters.environment });
  });
}

interface ClustersFile {
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A clusters file of one entry, as long as the work takes: it is read at the start. */
export async function withClustersFile<T>(
  identifier: string,
  url: string,
  work: (clusters: ClustersFile) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'keyshift-clusters-'));
  try {
    const file = join(folder, 'clusters.json');
    const clusters = [{ identifier, urlVariable: 'LEGACY_URL', database: DATABASE }];
    await writeFile(file, JSON.stringify({ clusters }));
    return await work({ flags: ['--clusters-file', file], environment: { LEGACY_URL: url } });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A temporary login of the cluster. */
export function temporary(
  keyshift: Keyshift,
  dbUser: string,
  more: Partial<ClusterCredentialsRequest> = {},
): Promise<Login> {
  return issue(keyshift, { clusterIdentifier: CLUSTER, dbUser, ...more });
}

export interface Health {
  readonly code: number;
  readonly clusters: Readonly<Record<string, boolean>>;
}

export async function healthOf(keyshift: Keyshift): Promise<Health> {
  const answer = await fetch(`${keyshift.ready.httpUrl}/health`);
  const body = (await answer.json()) as { clusters: Record<string, boolean> };
  return { code: answer.status, clusters: body.clusters };
}
