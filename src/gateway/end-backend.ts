import { messageOf } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import type { Backend } from './backend.ts';
import { sendCancel } from './cancel.ts';
import type { Channel } from './channel.ts';

/** How a session is ended from outside: its query is canceled, then its backend ends, then the sockets are closed. */

/** A backend that does not end by then is left to its closed socket (client_connection_check_interval). */
const BACKEND_MS_MAX = 1_000;
/** A client that has not taken its last bytes by then is cut off: the promise is two seconds. */
const CLIENT_MS_MAX = 1_500;

/**
 * The process may have ended, and another session may have its number. The role may have another name by now, or be
 * gone; its identifier stays with the process.
 */
const TERMINATE = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usesysid = $2';

/** Never rejects. */
export async function endBackend(
  access: ServerAccess,
  session: { readonly client: Channel; readonly backend: Backend; readonly roleId: number },
  logger: Logger,
): Promise<void> {
  const { client, backend, roleId } = session;
  setTimeout(() => backend.channel.destroy(), BACKEND_MS_MAX).unref();
  setTimeout(() => client.destroy(), CLIENT_MS_MAX).unref();
  // Needs no right: where the gateway may not terminate the backend, its closed socket ends what is idle then.
  await sendCancel(access, backend.key);
  try {
    await access.admin(access.home).query(TERMINATE, [backend.key.processId, roleId]);
  } catch (error) {
    logger.warn({ cause: messageOf(error) }, 'a backend could not be terminated; its connection is closed');
    backend.channel.destroy();
  }
}
