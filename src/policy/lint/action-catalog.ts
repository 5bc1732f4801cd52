import { ACTION_DATA } from './action-catalog.generated.ts';
import type { ServiceActionsData } from './service-actions.ts';

/**
 * Which actions services have, on which resources and with which condition keys.
 * Source: AWS Service Authorization Reference.
 */

export interface KnownAction {
  readonly name: string;
  /** Beginnings of the sixth component of the ARNs it is about; empty if it is about no resource. */
  readonly resources: readonly string[];
  /** In lower case, without the global keys; one that ends in `/` stands for every tag. */
  readonly keys: ReadonlySet<string>;
}

/** By service in lower case, then by action in lower case. A service that is not there is not known at all. */
export type ActionCatalog = ReadonlyMap<string, ReadonlyMap<string, KnownAction>>;

/** The actions of Redshift, its Data API and Serverless, IAM and STS. */
export const AWS_ACTIONS: ActionCatalog = new Map(
  ACTION_DATA.map((data) => [data.service, readActions(data)] as const),
);

/** The catalog with one more service, of whose actions only the names are known, and which have no resources. */
export function withService(
  catalog: ActionCatalog,
  service: string,
  actions: readonly string[],
): ActionCatalog {
  const known = actions.map(
    (name) => [name.toLowerCase(), { name, resources: [], keys: new Set<string>() }] as const,
  );
  return new Map([...catalog, [service, new Map(known)]]);
}

function readActions({ resources, actions }: ServiceActionsData): ReadonlyMap<string, KnownAction> {
  const prefixes = new Map(Object.entries(resources));
  const lines = actions.split('\n').filter((line) => line !== '');
  return new Map(
    lines.map((line) => {
      const [name = '', types = '', keys = ''] = line.split(' ');
      const known: KnownAction = {
        name,
        resources: listOf(types).flatMap((type) => prefixes.get(type) ?? []),
        keys: new Set(listOf(keys).map((key) => key.toLowerCase())),
      };
      return [name.toLowerCase(), known] as const;
    }),
  );
}

function listOf(text: string): string[] {
  return text === '-' ? [] : text.split(',');
}
