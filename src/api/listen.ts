import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type SecureContextOptions, Server as TlsServer } from 'node:tls';
import { plainAddress } from '../core/addresses.ts';
import { LIMITS } from '../core/limits.ts';
import { type Binding, listenAt } from '../core/listen-at.ts';
import type { RawRequest } from '../sigv4/index.ts';

/** The first step of a request's way: bytes off the wire, whole and within limits, and the answer back onto it. */

/** A request and how it came. */
export interface ReceivedRequest extends RawRequest {
  readonly sourceIp: string;
  readonly secureTransport: boolean;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ListenOptions extends Binding {
  /** 0 takes any free port. */
  readonly port: number;
  /** PEM; without it the listener speaks plain HTTP. */
  readonly tls: { readonly certificate: string; readonly key: string } | undefined;
  /** Must not reject: it turns every error into an answer. */
  readonly answer: (request: ReceivedRequest) => Promise<Answer>;
  /** Milliseconds from the first byte of a request to its last. */
  readonly receiveMsMax?: number;
}

export interface HttpListener {
  readonly port: number;
  /** Shows another certificate to the connections that come from now on. */
  useCertificate(tls: { readonly certificate: string; readonly key: string }): void;
  close(): Promise<void>;
}

/** The answer to a body over the limit, of which nothing was kept. */
const TOO_LARGE: Answer = {
  status: 413,
  headers: { 'Content-Type': 'text/xml' },
  body:
    '<ErrorResponse><Error><Type>Sender</Type><Code>RequestEntityTooLarge</Code>' +
    `<Message>The request is larger than ${LIMITS.requestBodyBytesMax} bytes.</Message></Error></ErrorResponse>`,
};

/**
 * How long open requests may take to finish when the listener closes. Two listeners, one after the other, and
 * the servers behind them must fit into the ten seconds that container runtimes wait for an exit.
 */
const CLOSE_MS_MAX = 2_000;

/** How often node:http looks for requests that take too long. Its own half a minute would triple their limit. */
const LATE_CHECK_MS = 1_000;

/** Starts an HTTP or HTTPS listener. Rejects with the system's error when the port is taken. */
export async function listenHttp(options: ListenOptions): Promise<HttpListener> {
  const { receiveMsMax = LIMITS.requestReceiveMsMax } = options;
  const settings = {
    maxHeaderSize: LIMITS.requestHeaderBytesMax,
    requestTimeout: receiveMsMax,
    headersTimeout: receiveMsMax,
    connectionsCheckingInterval: LATE_CHECK_MS,
  };
  const handler = (message: IncomingMessage, response: ServerResponse): void => {
    receive(message, options, (answer) => send(response, answer));
  };
  const server =
    options.tls === undefined
      ? createServer(settings, handler)
      : createTlsServer({ ...settings, ...secureOptions(options.tls.certificate, options.tls.key) }, handler);
  const port = await listenAt(server, options, options.port);
  return {
    port,
    useCertificate: ({ certificate, key }) => {
      if (server instanceof TlsServer) server.setSecureContext(secureOptions(certificate, key));
    },
    close: () => close(server),
  };
}

const secureOptions = (cert: string, key: string): SecureContextOptions => ({
  cert,
  key,
  minVersion: 'TLSv1.2',
});

function receive(message: IncomingMessage, options: ListenOptions, done: (answer: Answer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  message.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    // The rest is read and dropped, so that the client gets to see the answer.
    if (bytes <= LIMITS.requestBodyBytesMax) chunks.push(chunk);
    else chunks.length = 0;
  });
  message.on('end', () => {
    if (bytes > LIMITS.requestBodyBytesMax) return done(TOO_LARGE);
    const body = chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks);
    void options.answer(toRequest(message, body, options.tls !== undefined)).then(done);
  });
  // A client that breaks off gets no answer; there is nobody to give it to.
  message.on('error', () => {});
}

function toRequest(message: IncomingMessage, body: Buffer, secureTransport: boolean): ReceivedRequest {
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.push([message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '']);
  }
  return {
    method: message.method ?? 'GET',
    path: mark === -1 ? target : target.slice(0, mark),
    query: mark === -1 ? '' : target.slice(mark + 1),
    headers,
    body,
    sourceIp: plainAddress(message.socket.remoteAddress),
    secureTransport,
  };
}

function send(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, {
    ...answer.headers,
    'Content-Length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_MS_MAX);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
