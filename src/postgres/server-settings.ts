import { SOCKET_PORT } from './socket-directory.ts';

/** Between two looks of a backend whether its client is still there, while a query runs. */
export const CONNECTION_CHECK = '5s';

/**
 * The settings of an embedded server, given on its command line: they override its configuration files, and
 * no SQL user can change them for good.
 */
export function serverSettings(options: {
  readonly name: string;
  readonly durable: boolean;
  readonly maxConnections: number;
  readonly settings?: ReadonlyMap<string, string>;
}): Map<string, string> {
  const durable = options.durable ? 'on' : 'off';
  return new Map([
    ['timezone', 'UTC'],
    ['client_connection_check_interval', CONNECTION_CHECK],
    ...(options.settings ?? []),
    // From here on ours, whatever was asked.
    ['listen_addresses', ''],
    ['unix_socket_directories', '.'],
    ['unix_socket_permissions', '0700'],
    ['port', String(SOCKET_PORT)],
    ['max_connections', String(options.maxConnections)],
    ['cluster_name', options.name],
    ['fsync', durable],
    ['synchronous_commit', durable],
    ['full_page_writes', durable],
    ['password_encryption', 'scram-sha-256'],
    ['log_destination', 'stderr'],
    ['logging_collector', 'off'],
    ['log_timezone', 'UTC'],
    ['log_checkpoints', 'off'],
    // Errors of sessions belong to their clients, and a statement may hold a password: neither is logged.
    ['log_min_messages', 'log'],
    ['log_min_error_statement', 'panic'],
    ['log_statement', 'none'],
  ]);
}
