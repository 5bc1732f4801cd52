import { iamData } from '../services/iam.generated.ts';
import { keyshiftData } from '../services/keyshift.ts';
import { redshiftData } from '../services/redshift.generated.ts';
import { stsData } from '../services/sts.generated.ts';
import { ServiceTable } from '../services/table.ts';

/** The services of the query protocol that answer on one port, and how a request finds its own. */

export const iamTable = new ServiceTable(iamData);
export const stsTable = new ServiceTable(stsData);
export const redshiftTable = new ServiceTable(redshiftData);
export const keyshiftTable = new ServiceTable(keyshiftData);

const TABLES = [iamTable, stsTable, redshiftTable, keyshiftTable];
const BY_SCOPE = new Map(TABLES.map((table) => [table.name, table]));
const BY_VERSION = new Map(TABLES.map((table) => [table.version, table]));

/**
 * Finds the service of a request: by the service in its signature's scope if there is one, otherwise by the
 * parameter Version. Undefined when it is none of ours.
 */
export function serviceFor(
  scopeService: string | undefined,
  version: string | undefined,
): ServiceTable | undefined {
  if (scopeService !== undefined) return BY_SCOPE.get(scopeService);
  return version === undefined ? undefined : BY_VERSION.get(version);
}
