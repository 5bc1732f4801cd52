import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { isReservedRoleName } from '../core/names.ts';
import { writeStartup } from '../pgwire/index.ts';
import { hasDigestPasswords } from '../postgres/digest-passwords.ts';
import { LOGIN_DATABASE } from '../postgres/embedded.ts';
import { requireClientDatabase } from '../postgres/provision.ts';
import type { ScramAccess, ServerAccess, TrustingAccess } from '../postgres/server-access.ts';
import { renewSessionPassword } from '../postgres/session-role.ts';
import { type Backend, nextAuthentication, readGreeting } from './backend.ts';
import type { Channel } from './channel.ts';
import { makingRoom } from './making-room.ts';
import {
  answerScram,
  askForPassword,
  canPassThrough,
  passScramThrough,
  type SaslOffer,
  scramOffer,
} from './password.ts';
import { ServerChannel } from './server-channel.ts';
import type { WarmBackends } from './warm-backends.ts';

/** How the gateway enters a server: as a role that it has provisioned, and for somebody who has a password there. */

/** What somebody asks for who wants to log in. */
export interface LoginAttempt {
  readonly user: string;
  readonly database: string;
  /** Where the client is, as limits count it. */
  readonly source: string;
  readonly settings: ReadonlyMap<string, string>;
  /** A Redshift driver hangs when it is asked for SASL, so it is asked for clear text inside TLS. */
  readonly isRedshiftDriver: boolean;
  /** Is told of each connection to the server as it opens, to end it with the login's deadline. */
  readonly onServer: (server: ServerChannel) => void;
}

interface Chance {
  readonly random: RandomBytes;
}

/** Where a password is proved. */
export interface Proving {
  readonly access: ServerAccess;
  readonly warm: Pick<WarmBackends, 'isEmpty' | 'clear'>;
}

/** For the connection on which a password was proved to end, in milliseconds. PostgreSQL takes one or two. */
const LEAVE_MS_MAX = 1_000;

/**
 * The step *backend*: logs in as a role that was provisioned, or goes on where a password was `proved`. Throws the
 * server's own error as SqlError.
 */
export function openBackend(
  deps: Chance,
  access: ServerAccess,
  role: string,
  attempt: LoginAttempt,
  proved: ServerChannel | undefined,
): Promise<Backend> {
  if (proved !== undefined) return readGreeting(proved);
  return access.way === 'scram'
    ? enterByScram(deps, access, role, attempt)
    : enterByTrust(access, role, attempt);
}

/**
 * Lets the server verify the password of a password user, and gives the connection on which it did if the session
 * goes on there. Throws the server's error (28P01) when it is wrong, expired or disabled.
 */
export async function provePassword(
  deps: Chance,
  { access, warm }: Proving,
  client: Channel,
  attempt: LoginAttempt,
): Promise<ServerChannel | undefined> {
  // Our own roles are nobody's to log in as, whatever password somebody may have given them.
  if (isReservedRoleName(attempt.user) || attempt.user === access.ownRole) {
    throw new SqlError('28P01', `password authentication failed for user "${attempt.user}"`);
  }
  if (access.way === 'scram') return proveInPlace(deps, access, client, attempt);
  await proveInLoginDatabase(deps, { access, warm }, client, attempt);
  return undefined;
}

/** The server lets the gateway in as anybody. What asks for a password is not that server, and gets none. */
async function enterByTrust(access: TrustingAccess, role: string, attempt: LoginAttempt): Promise<Backend> {
  const server = await open(access, role, attempt.database, attempt);
  const first = await nextAuthentication(server);
  if (first.kind !== 'ok')
    throw new SqlError('08004', 'the database server asked the gateway for a password');
  return readGreeting(server);
}

/** The server lets the gateway in with the session role's password, which is set anew if it was changed. */
async function enterByScram(
  deps: Chance,
  access: ScramAccess,
  role: string,
  attempt: LoginAttempt,
): Promise<Backend> {
  try {
    return await enterWithSecret(deps, access, role, attempt);
  } catch (error) {
    if (!(error instanceof SqlError && error.sqlState === '28P01')) throw error;
    await renewSessionPassword(access, role);
    return enterWithSecret(deps, access, role, attempt);
  }
}

async function enterWithSecret(
  deps: Chance,
  access: ScramAccess,
  role: string,
  attempt: LoginAttempt,
): Promise<Backend> {
  const server = await open(access, role, attempt.database, attempt);
  try {
    await scramOffer(server);
    await answerScram(server, access.sessionPasswords.of(role), deps.random);
    return await readGreeting(server);
  } catch (error) {
    server.destroy();
    throw error;
  }
}

/** In a database that is empty and made for this: the session itself then comes in without a password. */
async function proveInLoginDatabase(
  deps: Chance,
  { access, warm }: Proving & { readonly access: TrustingAccess },
  client: Channel,
  attempt: LoginAttempt,
): Promise<void> {
  const opening = { ...attempt, settings: new Map<string, string>() };
  const asking = await makingRoom(warm, () => openAsking(access, LOGIN_DATABASE, opening));
  try {
    await prove(deps, access, client, asking, attempt.isRedshiftDriver);
    // The session needs a connection of its own, and there may be no other.
    await asking.server.takeLeave(LEAVE_MS_MAX);
  } finally {
    asking.server.destroy();
  }
}

/** On the connection that becomes the session, because there is no other way in. */
async function proveInPlace(
  deps: Chance,
  access: ScramAccess,
  client: Channel,
  attempt: LoginAttempt,
): Promise<ServerChannel> {
  requireClientDatabase(attempt.database);
  const asking = await openAsking(access, attempt.database, attempt);
  await prove(deps, access, client, asking, attempt.isRedshiftDriver);
  return asking.server;
}

/** A server that has asked for the password. */
interface Asking {
  readonly server: ServerChannel;
  readonly offer: SaslOffer;
}

async function openAsking(access: ServerAccess, database: string, attempt: LoginAttempt): Promise<Asking> {
  const server = await open(access, attempt.user, database, attempt);
  try {
    return { server, offer: await scramOffer(server) };
  } catch (error) {
    server.destroy();
    throw error;
  }
}

async function prove(
  deps: Chance,
  access: ServerAccess,
  client: Channel,
  { server, offer }: Asking,
  isRedshiftDriver: boolean,
): Promise<void> {
  if (isRedshiftDriver || !canPassThrough(offer) || (await hasDigestPasswords(access))) {
    await answerScram(server, await askForPassword(client), deps.random);
  } else await passScramThrough(client, server);
}

async function open(
  access: ServerAccess,
  user: string,
  database: string,
  { settings, onServer }: LoginAttempt,
): Promise<ServerChannel> {
  const server = await ServerChannel.open(access);
  onServer(server);
  const parameters = new Map([
    ['user', user],
    ['database', database],
    ...access.startupSettings,
    ...settings,
  ]);
  server.write(writeStartup(parameters));
  return server;
}
