import type { Socket } from 'node:net';
import { SqlError } from '../core/errors.ts';
import {
  type Authentication,
  BACKEND_MESSAGES,
  type BackendKeyData,
  type ParameterStatus,
  readAuthentication,
  readBackendKeyData,
  readComplaint,
  readParameterStatus,
  writeStartup,
} from '../pgwire/index.ts';
import { Channel, ConnectionEnded } from './channel.ts';

/** A PostgreSQL session that the gateway has opened, ready for its first query. */
export interface Backend {
  readonly channel: Channel;
  readonly key: BackendKeyData;
  readonly parameters: readonly ParameterStatus[];
}

/** Messages between the login and ReadyForQuery; PostgreSQL 18 sends about twenty. */
const GREETING_MESSAGES_MAX = 200;

/**
 * Logs in as `role` by the way that the server trusts this process (peer). Throws the backend's own error as
 * SqlError: no such database, no right to connect, too many connections.
 */
export async function openBackend(
  socket: Socket,
  role: string,
  database: string,
  settings: ReadonlyMap<string, string>,
): Promise<Backend> {
  const channel = new Channel(socket);
  try {
    channel.write(writeStartup(new Map([['user', role], ['database', database], ...settings])));
    const first = await nextAuthentication(channel);
    if (first.kind !== 'ok')
      throw new SqlError('08004', 'the database server asked the gateway for a password');
    return await readGreeting(channel);
  } catch (error) {
    channel.destroy();
    if (error instanceof ConnectionEnded) throw backendGone();
    throw error;
  }
}

/** The next Authentication message. Throws the backend's error as SqlError. */
export async function nextAuthentication(channel: Channel): Promise<Authentication> {
  const frame = await channel.frame();
  switch (frame.code) {
    case BACKEND_MESSAGES.authentication:
      return readAuthentication(frame.payload);
    case BACKEND_MESSAGES.errorResponse:
      throw toSqlError(frame.payload);
    default:
      throw new SqlError('08P01', 'the database server sent an unexpected message at login');
  }
}

export function backendGone(): SqlError {
  return new SqlError('08006', 'the database server closed the connection at login');
}

async function readGreeting(channel: Channel): Promise<Backend> {
  const parameters: ParameterStatus[] = [];
  let key: BackendKeyData | undefined;
  for (let messages = 0; messages < GREETING_MESSAGES_MAX; messages++) {
    const frame = await channel.frame();
    switch (frame.code) {
      case BACKEND_MESSAGES.parameterStatus:
        parameters.push(readParameterStatus(frame.payload));
        break;
      case BACKEND_MESSAGES.backendKeyData:
        key = readBackendKeyData(frame.payload);
        break;
      case BACKEND_MESSAGES.errorResponse:
        throw toSqlError(frame.payload);
      case BACKEND_MESSAGES.readyForQuery:
        if (key === undefined) throw new SqlError('08P01', 'the database server sent no cancel key');
        return { channel, key, parameters };
      default:
        // Notices of the login say nothing that a client waits for.
        break;
    }
  }
  throw new SqlError('08P01', 'the database server did not become ready');
}

function toSqlError(payload: Buffer): SqlError {
  const { sqlState, message, detail, hint } = readComplaint(payload);
  return new SqlError(sqlState, message, { detail, hint });
}
