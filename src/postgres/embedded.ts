import { resolve } from 'node:path';
import type { Logger } from '../core/logger.ts';
import { prepareBinaries } from './binaries.ts';
import { claimDataDirectory, dataLayout, ensureInitialized, writeAccessRules } from './data-directory.ts';
import { stopLeftover } from './leftover.ts';
import { chooseIdentity } from './server-identity.ts';
import { launchServer } from './server-process.ts';
import { serverSettings } from './server-settings.ts';
import { removeLinkDir, SOCKET_PORT, socketPath, socketPlace } from './socket-directory.ts';
import { endSupervision, takeSupervision } from './supervisor-record.ts';
import { SystemLog } from './system-log.ts';

/**
 * Starts and stops PostgreSQL servers from the npm binaries: unix socket only, as an unprivileged user, with
 * settings that are given anew at every start.
 */
export interface EmbeddedOptions {
  /** A missing or empty folder, or one that an earlier start made. */
  readonly dataDir: string;
  /** Shown in the titles of the server's processes. */
  readonly name: string;
  /** False gives up safety against power failure for speed. For tests. */
  readonly durable: boolean;
  readonly maxConnections: number;
  readonly logger: Logger;
  /** Further PostgreSQL settings. Those that keep the server closed and safe cannot be changed. */
  readonly settings?: ReadonlyMap<string, string>;
  /** Called once when the server ends without having been asked. */
  readonly onExit?: (reason: string) => void;
  /** Where root keeps what the server's user must be able to reach; `/var/cache/keyshift` if not given. */
  readonly cacheDir?: string;
  /** The folder of the npm package, when it is not the one that the module system finds. */
  readonly packageDir?: string;
}

export interface EmbeddedServer {
  /** The folder of the unix socket: `host` of a PostgreSQL client. */
  readonly socketDir: string;
  readonly port: number;
  readonly pid: number;
  /** For example `18.4`. */
  readonly version: string;
  /** Whether a server that an earlier process had left behind was stopped first. */
  readonly replacedLeftover: boolean;
  /** What its system tables tell of the past. */
  readonly systemLog: SystemLog;
  /** Ends all sessions and the server, in under five seconds. May be called again. */
  stop(): Promise<void>;
}

/** The only PostgreSQL superuser of an embedded server. No credential leads to it: only the socket's peer does. */
export const ADMIN_ROLE = 'keyshift_admin';
/** An empty database where PostgreSQL itself checks the passwords of password users. */
export const LOGIN_DATABASE = 'keyshift_login';

/**
 * Starts the server of `dataDir`, making its files first if there are none.
 * @throws OperatorError with the remedy when that is impossible; the folder of somebody else is left as it was
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const layout = dataLayout(resolve(options.dataDir));
  const identity = await chooseIdentity([layout.server, layout.root]);
  await claimDataDirectory(layout);
  const place = await socketPlace(layout.server);
  const releaseAll = async () => {
    await removeLinkDir(place.linkDir);
    await endSupervision(layout.supervisor);
  };
  try {
    const left = await takeSupervision(layout.supervisor, layout.root, place.linkDir);
    await removeLinkDir(left.linkDir);
  } catch (error) {
    await removeLinkDir(place.linkDir);
    throw error;
  }
  try {
    const leftover = await stopLeftover(layout.server, socketPath(place.dir));
    if (leftover === 'stopped')
      options.logger.warn({ dataDir: layout.root }, 'stopped a server left by a crash');
    const binaries = await prepareBinaries({
      identity,
      stateDir: layout.root,
      ...(options.cacheDir === undefined ? {} : { cacheDir: options.cacheDir }),
      ...(options.packageDir === undefined ? {} : { packageDir: options.packageDir }),
    });
    await ensureInitialized(layout, binaries, identity, { superuser: ADMIN_ROLE, durable: options.durable });
    await writeAccessRules(layout, identity, accessRules(identity.ownName));
    const running = await launchServer({
      layout,
      binaries,
      identity,
      settings: serverSettings(options),
      logger: options.logger,
      onExit: options.onExit ?? (() => {}),
    });
    running.onEnd(releaseAll);
    const systemLog = new SystemLog(layout, identity, options.logger);
    return {
      socketDir: place.dir,
      port: SOCKET_PORT,
      pid: running.pid,
      version: binaries.version,
      replacedLeftover: leftover === 'stopped',
      systemLog,
      stop: async () => {
        await systemLog.close();
        await running.stop();
      },
    };
  } catch (error) {
    await releaseAll();
    throw error;
  }
}

/**
 * Who may log in: password users in one empty database by SCRAM, and the Keyshift process as anybody, known by
 * its user id. Source: PostgreSQL 18 manual, 20.1 to 20.3; `all` as database user of a map needs version 16.
 */
function accessRules(ownName: string): { hba: string; ident: string } {
  const name = `"${ownName.replaceAll('"', '""')}"`;
  return {
    hba: `local ${LOGIN_DATABASE} all scram-sha-256\nlocal all all peer map=keyshift\n`,
    ident: `keyshift ${name} all\n`,
  };
}
