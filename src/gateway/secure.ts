import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { SqlError } from '../core/errors.ts';
import { LIMITS } from '../core/limits.ts';
import type { Turnstile } from '../core/turnstile.ts';
import {
  ALPN_PROTOCOL,
  ENCRYPTION_ANSWERS,
  type FirstPacket,
  readFirstPacket,
  type StartupPacket,
  TLS_HANDSHAKE_BYTE,
} from '../pgwire/index.ts';
import { Channel, ConnectionEnded } from './channel.ts';

/**
 * The first steps of a connection: from its first byte to its startup packet, through TLS.
 * Source: PostgreSQL 18 manual, section 54.2.10 (SSL session encryption) and 54.2.11 (GSSAPI).
 */
export interface Opened {
  readonly channel: Channel;
  readonly secure: boolean;
  /** The host name that the client gave in the TLS handshake (RFC 6066 section 3). */
  readonly serverName: string | undefined;
  readonly packet: StartupPacket | Extract<FirstPacket, { kind: 'cancel' }>;
}

/** What a TLS handshake is done with. */
interface Handshaking {
  readonly context: SecureContext;
  /** By address: whoever begins handshakes and does not go on holds up nobody else. */
  readonly handshakes: Turnstile;
  readonly address: string;
}

/** A client may ask for GSSAPI and then for TLS, once each, before it says who it is. */
const REQUESTS_MAX = 2;

/**
 * `onChannel` is told of each channel as it opens, so that an error can be told on the one in use.
 * Throws SqlError for what the protocol does not allow, ConnectionEnded when the client leaves.
 */
export async function secure(
  socket: Socket,
  tls: Handshaking,
  onChannel: (channel: Channel) => void,
): Promise<Opened> {
  let channel = new Channel(socket);
  onChannel(channel);
  let isSecure = false;
  if ((await channel.peek()) === TLS_HANDSHAKE_BYTE) {
    channel = await startTls(channel, tls, 'direct');
    onChannel(channel);
    isSecure = true;
  }
  for (let requests = 0; requests <= REQUESTS_MAX; requests++) {
    const packet = readFirstPacket(await channel.startupPacket());
    switch (packet.kind) {
      case 'startup':
      case 'cancel':
        return { channel, secure: isSecure, serverName: serverNameOf(channel), packet };
      case 'gss':
        refuseEarlyBytes(channel);
        channel.write(Buffer.of(ENCRYPTION_ANSWERS.no));
        break;
      case 'ssl':
        if (isSecure) throw new SqlError('08P01', 'TLS was requested inside TLS');
        refuseEarlyBytes(channel);
        channel.write(Buffer.of(ENCRYPTION_ANSWERS.yes));
        channel = await startTls(channel, tls, 'requested');
        onChannel(channel);
        isSecure = true;
        break;
      default:
        return packet satisfies never;
    }
  }
  throw new SqlError('08P01', 'too many requests before the startup packet');
}

/** Bytes sent in clear before the answer would otherwise count as sent inside TLS (CVE-2021-23214, CVE-2021-3935). */
function refuseEarlyBytes(channel: Channel): void {
  if (channel.waitingBytes > 0) throw new SqlError('08P01', 'received unencrypted data after SSL request');
}

async function startTls(
  plain: Channel,
  { context, handshakes, address }: Handshaking,
  how: 'direct' | 'requested',
): Promise<Channel> {
  const socket = await handshakes.pass(address, async () => {
    // The client may have left, or its time may have passed, while it waited.
    if (plain.socket.destroyed) throw new ConnectionEnded();
    const rest = plain.rest();
    if (rest.length > 0) plain.socket.unshift(rest);
    const secured = new TLSSocket(plain.socket, {
      isServer: true,
      secureContext: context,
      ALPNProtocols: [ALPN_PROTOCOL],
    });
    await handshake(secured);
    return secured;
  });
  // Node lets a client through that names no protocol; PostgreSQL requires it of direct TLS, which any
  // cross-protocol attack would have to imitate.
  if (how === 'direct' && socket.alpnProtocol !== ALPN_PROTOCOL) {
    socket.destroy();
    throw new ConnectionEnded();
  }
  return new Channel(socket);
}

/** Node says false where there was none. */
function serverNameOf({ socket }: Channel): string | undefined {
  const name: unknown = 'servername' in socket ? socket.servername : undefined;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function handshake(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConnectionEnded());
    };
    const timer = setTimeout(failed, LIMITS.tlsHandshakeMsMax);
    socket.once('secure', () => {
      clearTimeout(timer);
      socket.removeListener('error', failed);
      socket.removeListener('close', failed);
      resolve();
    });
    socket.once('error', failed);
    socket.once('close', failed);
  });
}
