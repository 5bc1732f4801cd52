import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { isReservedRoleName } from '../core/names.ts';
import type { Secret } from '../core/secret.ts';
import {
  beginScram,
  CLIENT_MESSAGES,
  readPassword,
  SCRAM_MECHANISM,
  writeAuthentication,
  writeSaslInitialResponse,
  writeSaslResponse,
  writeStartup,
} from '../pgwire/index.ts';
import { LOGIN_DATABASE } from '../postgres/embedded.ts';
import type { ServerAccess } from '../postgres/server-access.ts';
import { nextAuthentication } from './backend.ts';
import { Channel } from './channel.ts';

/** How a client proves its password: in clear text inside TLS to us, or by SCRAM to PostgreSQL through us. */

/** SASL rounds: SCRAM has two, and no mechanism that PostgreSQL offers has more. */
const SASL_ROUNDS_MAX = 4;

/** Asks for the password in clear text, which only TLS permits. Throws SqlError 08P01 for anything else. */
export async function askForPassword(client: Channel): Promise<Secret> {
  client.write(writeAuthentication({ kind: 'cleartext-password' }));
  return readPassword(await passwordMessage(client));
}

/**
 * Lets PostgreSQL verify the password of a password user, in a database that is empty and made for this, so
 * that the gateway never sees it. Throws the server's error (28P01) when it is wrong, expired or disabled.
 */
export async function passScramThrough(client: Channel, access: ServerAccess, user: string): Promise<void> {
  await withLoginConnection(access, user, async (server) => {
    for (let round = 0; round < SASL_ROUNDS_MAX; round++) {
      const request = await nextAuthentication(server);
      if (request.kind === 'ok') {
        requireProof(round);
        return;
      }
      client.write(writeAuthentication(request));
      if (request.kind !== 'sasl-final') server.write(asPasswordMessage(await passwordMessage(client)));
    }
    throw tooManyRounds();
  });
}

/**
 * The same for a driver that cannot speak SASL and gave its password in clear text: the gateway speaks SCRAM in
 * its place.
 */
export async function proveByScram(
  password: Secret,
  access: ServerAccess,
  user: string,
  random: RandomBytes,
): Promise<void> {
  await withLoginConnection(access, user, async (server) => {
    const exchange = beginScram(password, random);
    for (let round = 0; round < SASL_ROUNDS_MAX; round++) {
      const request = await nextAuthentication(server);
      switch (request.kind) {
        case 'ok':
          requireProof(round);
          return;
        case 'sasl':
          if (!request.mechanisms.includes(SCRAM_MECHANISM)) throw noSuchMethod();
          server.write(writeSaslInitialResponse({ mechanism: SCRAM_MECHANISM, data: exchange.initial }));
          break;
        case 'sasl-continue':
          server.write(writeSaslResponse(await exchange.answer(request.data)));
          break;
        case 'sasl-final':
          exchange.finish(request.data);
          break;
        default:
          throw noSuchMethod();
      }
    }
    throw tooManyRounds();
  });
}

async function withLoginConnection(
  access: ServerAccess,
  user: string,
  work: (server: Channel) => Promise<void>,
): Promise<void> {
  // Our own roles are nobody's to log in as, whatever password somebody may have given them.
  if (isReservedRoleName(user)) throw passwordFailed(user);
  const server = new Channel(await access.connect());
  try {
    server.write(
      writeStartup(
        new Map([
          ['user', user],
          ['database', LOGIN_DATABASE],
        ]),
      ),
    );
    await work(server);
  } finally {
    server.destroy();
  }
}

/** INVARIANT: a server that lets somebody in without asking is not believed: only a finished exchange counts. */
function requireProof(rounds: number): void {
  if (rounds === 0)
    throw new SqlError('28000', 'the database server asked for no password; the login is refused');
}

function passwordFailed(user: string): SqlError {
  return new SqlError('28P01', `password authentication failed for user "${user}"`);
}

function tooManyRounds(): SqlError {
  return new SqlError('08P01', 'the password exchange did not come to an end');
}

function noSuchMethod(): SqlError {
  return new SqlError(
    '28000',
    'the database server asks for a password in a way that the gateway does not speak',
  );
}

async function passwordMessage(client: Channel): Promise<Buffer> {
  const frame = await client.frame();
  if (frame.code !== CLIENT_MESSAGES.password) throw new SqlError('08P01', 'expected a password response');
  return frame.payload;
}

/** SASLInitialResponse and SASLResponse have one letter; the payload passes as it came. */
const asPasswordMessage = (payload: Buffer): Buffer => writeSaslResponse(payload);
