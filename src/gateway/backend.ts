import { SqlError } from '../core/errors.ts';
import {
  type Authentication,
  BACKEND_MESSAGES,
  type BackendKeyData,
  type Frame,
  type ParameterStatus,
  readAuthentication,
  readBackendKeyData,
  readComplaint,
  readParameterStatus,
  writeReadNotice,
} from '../pgwire/index.ts';
import { type Channel, ConnectionEnded } from './channel.ts';
import type { ServerChannel } from './server-channel.ts';

/** A PostgreSQL session that the gateway has opened, ready for its first query. */
export interface Backend {
  readonly channel: ServerChannel;
  readonly key: BackendKeyData;
  readonly parameters: readonly ParameterStatus[];
  /** What else was said at login, as NoticeResponse: by login event triggers, or of a collation that has changed. */
  readonly notices: readonly Buffer[];
}

/** Messages between the login and ReadyForQuery; PostgreSQL 18 sends about twenty. */
const GREETING_MESSAGES_MAX = 200;
/** Bytes of notices that are passed on; they are kept as long as the backend. The rest is left out. */
const NOTICE_BYTES_MAX = 16 * 1024;

/** The next Authentication message. Throws the backend's error as SqlError, 08006 when it ends the connection. */
export async function nextAuthentication(channel: Channel): Promise<Authentication> {
  const frame = await backendFrame(channel);
  switch (frame.code) {
    case BACKEND_MESSAGES.authentication:
      return readAuthentication(frame.payload);
    case BACKEND_MESSAGES.errorResponse:
      throw toSqlError(frame.payload);
    default:
      throw new SqlError('08P01', 'the database server sent an unexpected message at login');
  }
}

/**
 * Reads what a backend says after AuthenticationOk. Throws its own error as SqlError: no such database, no right to
 * connect, too many connections.
 */
export async function readGreeting(channel: ServerChannel): Promise<Backend> {
  const parameters: ParameterStatus[] = [];
  const notices: Buffer[] = [];
  let noticeBytes = 0;
  let key: BackendKeyData | undefined;
  for (let messages = 0; messages < GREETING_MESSAGES_MAX; messages++) {
    const frame = await backendFrame(channel);
    switch (frame.code) {
      case BACKEND_MESSAGES.parameterStatus:
        parameters.push(readParameterStatus(frame.payload));
        break;
      case BACKEND_MESSAGES.backendKeyData:
        key = kept(readBackendKeyData(frame.payload));
        break;
      case BACKEND_MESSAGES.errorResponse:
        throw toSqlError(frame.payload);
      case BACKEND_MESSAGES.readyForQuery:
        if (key === undefined) throw new SqlError('08P01', 'the database server sent no cancel key');
        return { channel, key, parameters, notices };
      case BACKEND_MESSAGES.noticeResponse:
        noticeBytes += frame.payload.length;
        if (noticeBytes <= NOTICE_BYTES_MAX) notices.push(writeReadNotice(frame.payload));
        break;
      default:
        break;
    }
  }
  throw new SqlError('08P01', 'the database server did not become ready');
}

/** A key with bytes of its own: a slice would hold the eight kilobytes around it for as long as the session. */
function kept({ processId, secretKey }: BackendKeyData): BackendKeyData {
  return { processId, secretKey: Buffer.alloc(secretKey.length, secretKey) };
}

async function backendFrame(channel: Channel): Promise<Frame> {
  try {
    return await channel.frame();
  } catch (error) {
    if (!(error instanceof ConnectionEnded)) throw error;
    throw new SqlError('08006', 'the database server closed the connection at login');
  }
}

function toSqlError(payload: Buffer): SqlError {
  const { sqlState, message, detail, hint } = readComplaint(payload);
  return new SqlError(sqlState, message, { detail, hint });
}
