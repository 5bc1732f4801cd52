import { readFileSync } from 'node:fs';
import * as v from 'valibot';
import { messageOf, OperatorError } from './core/errors.ts';
import { Secret } from './core/secret.ts';
import { parseTarget } from './postgres/external.ts';

/** The configuration file that registers external PostgreSQL servers as clusters. */

const ENTRY = v.strictObject({
  /** The account that it is a cluster of; the installation's own if absent. */
  account: v.optional(v.pipe(v.string(), v.regex(/^[0-9]{12}$/))),
  /** As CreateCluster takes it. */
  identifier: v.pipe(v.string(), v.maxLength(63), v.regex(/^[a-z](?:-?[a-z0-9]){0,62}$/)),
  /** Environment variable that holds the URL, so that no password lies in the file. */
  urlVariable: v.pipe(v.string(), v.regex(/^[A-Z][A-Z0-9_]*$/)),
  /** Shown as DBName. */
  database: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(63)), 'postgres'),
});

const CLUSTERS_FILE = v.strictObject({
  clusters: v.pipe(v.array(ENTRY), v.maxLength(1_000)),
});

type Entry = v.InferOutput<typeof ENTRY>;

export type ExternalCluster = Omit<Entry, 'account'> & { readonly accountId: string };

/** Throws OperatorError that names the file and what is wrong in it. */
function readClustersFile(path: string): readonly Entry[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new OperatorError(
      `the clusters file ${path} cannot be read (${messageOf(error)}): correct KEYSHIFT_CLUSTERS_FILE`,
      {
        cause: error,
      },
    );
  }
  const result = v.safeParse(CLUSTERS_FILE, content);
  if (result.success) return result.output.clusters;
  const [issue] = result.issues;
  throw new OperatorError(
    `the clusters file ${path} is not right at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`,
  );
}

/** The external clusters of an installation, and the URLs of their servers from the environment. */
export interface ExternalUrls {
  readonly clusters: readonly ExternalCluster[];
  /** Throws OperatorError for a cluster that the file no longer names. */
  require(cluster: { readonly accountId: string; readonly identifier: string }): Secret;
}

/**
 * `ownAccountId` is the account of entries that name none. Throws OperatorError when the file is wrong, or a variable that it names is not set or holds no usable URL.
 */
export function externalUrls(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  ownAccountId: string,
): ExternalUrls {
  const entries = path === undefined ? [] : readClustersFile(path);
  const clusters = entries.map(({ account = ownAccountId, ...entry }) => ({ ...entry, accountId: account }));
  if (new Set(clusters.map(nameOf)).size < clusters.length) {
    throw new OperatorError(
      `the clusters file ${path} is not right at clusters: each identifier of an account must be there only once`,
    );
  }
  const urls = new Map<string, Secret>();
  for (const cluster of clusters) {
    const { identifier, urlVariable } = cluster;
    const url = environment[urlVariable];
    if (url === undefined || url === '') {
      throw new OperatorError(`${urlVariable} is not set: it must hold the URL of the cluster ${identifier}`);
    }
    urls.set(nameOf(cluster), checked(urlVariable, new Secret(url)));
  }
  return {
    clusters,
    require(cluster) {
      const url = urls.get(nameOf(cluster));
      if (url !== undefined) return url;
      throw new OperatorError(
        `the cluster ${cluster.identifier} of the account ${cluster.accountId} is external, but the clusters file does not name it: ` +
          'put it back, or delete the cluster with DeleteCluster',
      );
    },
  };
}

const nameOf = ({
  accountId,
  identifier,
}: {
  readonly accountId: string;
  readonly identifier: string;
}): string => `${accountId}/${identifier}`;

function checked(variable: string, url: Secret): Secret {
  try {
    parseTarget(url);
    return url;
  } catch (error) {
    throw new OperatorError(`${variable}: ${messageOf(error)}`, { cause: error });
  }
}
