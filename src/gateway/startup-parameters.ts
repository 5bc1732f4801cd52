import { SqlError } from '../core/errors.ts';
import { readOptions } from '../pgwire/index.ts';

/**
 * What of a client's startup parameters reaches the backend: an allow-list, so that nobody sets what would run
 * code or lift a limit before the first statement (CVE-2025-12819).
 */

/** Settings of a session that any user may change, in lower case. PostgreSQL 18 manual, chapter 19. */
const SETTINGS = new Set([
  'application_name',
  'bytea_output',
  'client_encoding',
  'client_min_messages',
  'datestyle',
  'default_transaction_deferrable',
  'default_transaction_isolation',
  'default_transaction_read_only',
  'enable_hashjoin',
  'enable_mergejoin',
  'enable_nestloop',
  'enable_seqscan',
  'extra_float_digits',
  'geqo',
  'idle_in_transaction_session_timeout',
  'idle_session_timeout',
  'intervalstyle',
  'jit',
  'lock_timeout',
  'plan_cache_mode',
  'search_path',
  'standard_conforming_strings',
  'statement_timeout',
  'timezone',
  'transaction_timeout',
  'work_mem',
]);

/** Keys of the Redshift drivers: they tell who connects, and PostgreSQL refuses them. Taken, logged, not passed on. */
const REDSHIFT_KEYS = new Set([
  'client_protocol_version',
  'driver_version',
  'os_version',
  'driver_discovery_version',
  'plugin_name',
  'idp_type',
  'provider_name',
  'token_type',
  'identity_namespace',
  'idc_client_display_name',
]);

export interface ClientParameters {
  /** To be sent to the backend, beside user and database. */
  readonly settings: ReadonlyMap<string, string>;
  /** Who connects, for the log: application name and the Redshift drivers' keys. */
  readonly client: Readonly<Record<string, string>>;
  readonly isRedshiftDriver: boolean;
}

/** Longest text of a client's description that goes to the log, in characters. */
const DESCRIPTION_MAX = 200;

/** Sorts a client's parameters. Throws SqlError 42704 for one that is not allowed, by its name. */
export function readClientParameters(parameters: ReadonlyMap<string, string>): ClientParameters {
  const settings = new Map<string, string>();
  const client: Record<string, string> = {};
  const take = (name: string, value: string): void => {
    const key = name.toLowerCase();
    if (REDSHIFT_KEYS.has(key) || key === 'application_name') client[key] = value.slice(0, DESCRIPTION_MAX);
    if (REDSHIFT_KEYS.has(key)) return;
    if (!SETTINGS.has(key)) {
      throw new SqlError(
        '42704',
        `unrecognized configuration parameter "${name.slice(0, DESCRIPTION_MAX)}"`,
        {
          detail: 'The gateway passes only ordinary session settings on at login.',
          hint: 'Leave it out of the connection string, and use SET after connecting.',
        },
      );
    }
    settings.set(key, value);
  };
  for (const [name, value] of parameters) {
    if (name === 'options') {
      for (const setting of readOptions(value)) take(setting.name, setting.value);
    } else if (name === 'replication') {
      refuseReplication(value);
    } else take(name, value);
  }
  return { settings, client, isRedshiftDriver: 'client_protocol_version' in client };
}

/** A walsender would bypass every right; `false` is what some drivers send for an ordinary connection. */
function refuseReplication(value: string): void {
  if (['false', 'off', 'no', '0', ''].includes(value.toLowerCase())) return;
  throw new SqlError('0A000', 'replication connections are not served by the gateway');
}
