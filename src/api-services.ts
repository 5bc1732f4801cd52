import { iamActions } from './api/actions/iam/index.ts';
import type { IamDeps } from './api/actions/iam/row.ts';
import { type KeyshiftDeps, keyshiftActions } from './api/actions/keyshift/index.ts';
import { redshiftActions } from './api/actions/redshift/index.ts';
import type { RedshiftDataDeps } from './api/actions/redshift-data/deps.ts';
import { redshiftDataActions } from './api/actions/redshift-data/index.ts';
import { redshiftServerlessActions } from './api/actions/redshift-serverless/index.ts';
import {
  ACCOUNT_REMOVALS,
  REMOVALS,
  type RevokeDeps,
  revokingRemoved,
} from './api/actions/revoke-removed.ts';
import { stsActions } from './api/actions/sts/index.ts';
import type { StsDeps } from './api/actions/sts/row.ts';
import type { AnyAction, Service } from './api/decode-call.ts';
import {
  iamTable,
  keyshiftTable,
  redshiftDataTable,
  redshiftServerlessTable,
  redshiftTable,
  stsTable,
} from './api/protocol/services.ts';
import type { ServiceTable } from './api/services/table.ts';

/** What all operations work with. */
interface ActionDeps extends IamDeps, StsDeps, RedshiftDataDeps, KeyshiftDeps, RevokeDeps {}

/** Every service, with the operations of it that are implemented. */
export function apiServices(): readonly Service<ActionDeps>[] {
  const service = (
    table: ServiceTable,
    actions: Readonly<Record<string, AnyAction<ActionDeps>>>,
  ): Service<ActionDeps> => ({ table, actions: new Map(Object.entries(actions)) });
  return [
    service(iamTable, revokingRemoved(iamActions, REMOVALS)),
    service(stsTable, stsActions),
    service(redshiftTable, redshiftActions),
    service(redshiftServerlessTable, redshiftServerlessActions),
    service(redshiftDataTable, redshiftDataActions),
    service(keyshiftTable, revokingRemoved(keyshiftActions, ACCOUNT_REMOVALS)),
  ];
}
