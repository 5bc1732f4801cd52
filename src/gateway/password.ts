import { SqlError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import type { Secret } from '../core/secret.ts';
import {
  type Authentication,
  beginScram,
  CLIENT_MESSAGES,
  readPassword,
  SCRAM_MECHANISM,
  writeAuthentication,
  writeSaslInitialResponse,
  writeSaslResponse,
} from '../pgwire/index.ts';
import { proofOf } from '../postgres/scram-verifier.ts';
import { nextAuthentication } from './backend.ts';
import type { Channel } from './channel.ts';

/**
 * How a password is proved: in clear text inside TLS to us, or by SCRAM to PostgreSQL.
 *
 * INVARIANT: a server that lets somebody in without asking is not believed. Only the whole exchange counts.
 */

/** The server's SCRAM with channel binding, offered on a connection that TLS encrypts. */
const BOUND_MECHANISM = `${SCRAM_MECHANISM}-PLUS`;

export type SaslOffer = Extract<Authentication, { kind: 'sasl' }>;

/** Asks for the password in clear text, which only TLS permits. Throws SqlError 08P01 for anything else. */
export async function askForPassword(client: Channel): Promise<Secret> {
  client.write(writeAuthentication({ kind: 'cleartext-password' }));
  return readPassword(await passwordMessage(client));
}

/** The server's request for a password. Throws SqlError 28000 when it asks for none, or not for SCRAM. */
export async function scramOffer(server: Channel): Promise<SaslOffer> {
  const request = await nextAuthentication(server);
  if (request.kind === 'ok')
    throw new SqlError('28000', 'the database server asked for no password; the login is refused');
  if (request.kind !== 'sasl' || !request.mechanisms.includes(SCRAM_MECHANISM)) throw noSuchMethod();
  return request;
}

/**
 * Whether a client can answer an offer through us. Where the server binds passwords to its TLS connection, a client
 * that could bind them too, and is not asked to, would be taken for the victim of an attack (RFC 5802 section 6).
 */
export function canPassThrough(offer: SaslOffer): boolean {
  return !offer.mechanisms.includes(BOUND_MECHANISM);
}

/** Lets the client answer the server, so that the gateway never sees its password. Throws the server's error (28P01). */
export async function passScramThrough(client: Channel, server: Channel): Promise<void> {
  client.write(writeAuthentication({ kind: 'sasl', mechanisms: [SCRAM_MECHANISM] }));
  server.write(asPasswordMessage(await passwordMessage(client)));
  client.write(writeAuthentication(await expect(server, 'sasl-continue')));
  server.write(asPasswordMessage(await passwordMessage(client)));
  client.write(writeAuthentication(await expect(server, 'sasl-final')));
  await expect(server, 'ok');
}

/** Answers the server with a password that the gateway knows. Throws the server's error (28P01). */
export async function answerScram(server: Channel, password: Secret, random: RandomBytes): Promise<void> {
  const exchange = beginScram(password, random, '', proofOf);
  server.write(writeSaslInitialResponse({ mechanism: SCRAM_MECHANISM, data: exchange.initial }));
  const first = await expect(server, 'sasl-continue');
  server.write(writeSaslResponse(await exchange.answer(first.data)));
  const last = await expect(server, 'sasl-final');
  exchange.finish(last.data);
  await expect(server, 'ok');
}

async function expect<Kind extends Authentication['kind']>(
  server: Channel,
  kind: Kind,
): Promise<Extract<Authentication, { kind: Kind }>> {
  const request = await nextAuthentication(server);
  if (isOfKind(request, kind)) return request;
  throw new SqlError('08P01', 'the database server left the order of the password exchange');
}

function isOfKind<Kind extends Authentication['kind']>(
  request: Authentication,
  kind: Kind,
): request is Extract<Authentication, { kind: Kind }> {
  return request.kind === kind;
}

function noSuchMethod(): SqlError {
  return new SqlError(
    '28000',
    'the database server asks for a password in a way that the gateway does not speak',
    { hint: 'It must ask for scram-sha-256 in its pg_hba.conf, and keep the password in that form.' },
  );
}

async function passwordMessage(client: Channel): Promise<Buffer> {
  const frame = await client.frame();
  if (frame.code !== CLIENT_MESSAGES.password) throw new SqlError('08P01', 'expected a password response');
  return frame.payload;
}

/** SASLInitialResponse and SASLResponse have one letter; the payload passes as it came. */
const asPasswordMessage = (payload: Buffer): Buffer => writeSaslResponse(payload);
