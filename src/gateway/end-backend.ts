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

/** The process may have ended, and another session may have its number. */
const TERMINATE = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND usename = $2';

/** Never rejects. */
export async function endBackend(
  access: ServerAccess,
  session: { readonly client: Channel; readonly backend: Backend; readonly role: string },
  logger: Logger,
): Promise<void> {
  const { client, backend, role } = session;
  setTimeout(() => backend.channel.destroy(), BACKEND_MS_MAX).unref();
  setTimeout(() => client.destroy(), CLIENT_MS_MAX).unref();
  // Needs no right: where the gateway may not terminate the backend, its closed socket ends what is idle then.
  await sendCancel(access, backend.key);
  try {
    await access.admin(access.home).query(TERMINATE, [backend.key.processId, role]);
  } catch (error) {
    logger.warn({ cause: messageOf(error) }, 'a backend could not be terminated; its connection is closed');
    backend.channel.destroy();
  }
}
