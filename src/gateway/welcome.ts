import {
  type BackendKeyData,
  type ParameterStatus,
  writeAuthentication,
  writeBackendKeyData,
  writeParameterStatus,
  writeReadyForQuery,
} from '../pgwire/index.ts';
import type { Backend } from './backend.ts';
import type { Channel } from './channel.ts';

/** The version that Redshift reports; its drivers choose their catalog queries by it. */
const REDSHIFT_SERVER_VERSION = '8.0.2';

/** Tells the client that it is in: what the backend said at login, with our cancel key. */
export function welcome(
  client: Channel,
  backend: Pick<Backend, 'parameters' | 'notices'>,
  key: BackendKeyData,
  isRedshiftDriver: boolean,
): void {
  client.write(
    writeAuthentication({ kind: 'ok' }),
    ...backend.parameters.map((status) => writeParameterStatus(forClient(status, isRedshiftDriver))),
    writeBackendKeyData(key),
    ...backend.notices,
    writeReadyForQuery('idle'),
  );
}

/**
 * A distribution's suffix (`15.18 (Debian …)`) breaks drivers that parse the version, so only the number is
 * told; Redshift drivers are told Redshift's.
 */
function forClient(status: ParameterStatus, isRedshiftDriver: boolean): ParameterStatus {
  if (status.name !== 'server_version') return status;
  const number = /^\d+(\.\d+)*/.exec(status.value)?.[0] ?? status.value;
  return { name: status.name, value: isRedshiftDriver ? REDSHIFT_SERVER_VERSION : number };
}
