import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { SqlError } from '../core/errors.ts';
import { IDLE_TIMEOUT } from './idle-sessions.ts';

/** A connection's events in the words of Redshift's connection log. */

/** How a client reached the gateway. */
export interface Transport {
  readonly remotePort: number | undefined;
  readonly tlsVersion: string | undefined;
  readonly tlsCipher: string | undefined;
}

export function transportOf(socket: Socket): Transport {
  const isTls = socket instanceof TLSSocket;
  return {
    remotePort: socket.remotePort,
    tlsVersion: (isTls ? socket.getProtocol() : null) ?? undefined,
    tlsCipher: isTls ? socket.getCipher().name : undefined,
  };
}

/** What is known of a connection. */
interface ConnectionFacts {
  readonly transport: Transport | undefined;
  readonly client: Readonly<Record<string, string>>;
  readonly credential: object | undefined;
  readonly credentialId: string | undefined;
  readonly sourceIp: string;
  readonly backendPid: number | undefined;
  readonly database: string | undefined;
  readonly loginName: string | undefined;
  readonly dbUser: string | undefined;
  readonly endedBy: SqlError | undefined;
}

export type ConnectionEventName =
  | 'authentication failure'
  | 'authenticated'
  | 'initiating session'
  | 'disconnecting session';

/** One line of the log. `durationMs` is that of a session that ends. */
export function connectionEvent(
  record: ConnectionFacts,
  event: ConnectionEventName,
  at: Date,
  durationMs = 0,
): Readonly<Record<string, unknown>> {
  const { transport, client, credential } = record;
  return {
    event,
    at: at.toISOString(),
    remoteHost: record.sourceIp,
    remotePort: transport?.remotePort,
    pid: record.backendPid,
    database: record.database,
    loginName: record.loginName,
    dbUser: record.dbUser,
    // As Redshift calls temporary logins.
    authMethod: credential === undefined ? 'password' : 'IAM AssumeUser',
    durationUs: durationMs * 1000,
    tlsVersion: transport?.tlsVersion,
    tlsCipher: transport?.tlsCipher,
    credentialId: record.credentialId,
    applicationName: client['application_name'],
    osVersion: client['os_version'],
    driverVersion: client['driver_version'],
    pluginName: client['plugin_name'],
    protocolVersion: client['client_protocol_version'],
    isEndedFromOutside: record.endedBy === undefined ? undefined : true,
    isTimedOut: record.endedBy?.sqlState === IDLE_TIMEOUT.sqlState ? true : undefined,
  };
}
