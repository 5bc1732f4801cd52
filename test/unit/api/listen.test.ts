import { once } from 'node:events';
import { Agent, request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, type HttpListener, listenHttp, type ReceivedRequest } from '../../../src/api/listen.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { localhostCertificate } from '../gateway/certificate.ts';

const HOST = '127.0.0.1';
const MAX = LIMITS.requestBodyBytesMax;

let listener: HttpListener;
/** What was handed on to be answered. */
let requests: ReceivedRequest[];
let respond: (request: ReceivedRequest) => Promise<Answer>;
const sockets = new Set<Socket>();

const plainAnswer = (body: string): Answer => ({
  status: 200,
  headers: { 'Content-Type': 'text/xml' },
  body,
});

function listen(
  tls?: { certificate: string; key: string },
  more: { readonly receiveMsMax?: number } = {},
): Promise<HttpListener> {
  return listenHttp({
    host: HOST,
    sharePorts: false,
    port: 0,
    tls,
    ...more,
    answer: (request) => {
      requests.push(request);
      return respond(request);
    },
  });
}

beforeEach(async () => {
  requests = [];
  respond = async () => plainAnswer('<ok/>');
  listener = await listen();
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await listener.close();
});

interface Told {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Sends a request with node's client; `parts` are written one by one, chunked unless a length is given. */
function send(options: RequestOptions, ...parts: readonly Buffer[]): Promise<Told> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: HOST, port: listener.port, agent: false, method: 'POST', path: '/', ...options },
      (message) => {
        const chunks: Buffer[] = [];
        message.on('data', (chunk: Buffer) => chunks.push(chunk));
        message.on('end', () => {
          const { statusCode: status, headers } = message;
          resolve({ status, headers, body: Buffer.concat(chunks).toString() });
        });
      },
    );
    request.on('error', reject);
    for (const part of parts) request.write(part);
    request.end();
  });
}

const withLength = (body: Buffer): Promise<Told> =>
  send({ headers: { 'Content-Length': body.length } }, body);

/** Sends bytes as they are, and gives what comes back until the connection ends. */
async function sendRaw(bytes: Buffer | string): Promise<string> {
  const socket = connect(listener.port, HOST);
  sockets.add(socket);
  let told = '';
  socket.on('data', (chunk: Buffer) => {
    told += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(bytes);
  await once(socket, 'close');
  return told;
}

const only = (): ReceivedRequest => {
  expect(requests).toHaveLength(1);
  const [request] = requests;
  if (request === undefined) throw new Error('nothing arrived');
  return request;
};

describe('a request', () => {
  test('is handed on as it came: nothing decoded, headers in their order, none merged', async () => {
    const head = [
      'POST /a%2Fb/?x=%20&y?z#f HTTP/1.1',
      'HOST: localhost:8080',
      'X-Twice: 1',
      'x-twice:  two  words ',
      'Content-Length: 5',
      'Connection: close',
    ];
    await sendRaw(`${head.join('\r\n')}\r\n\r\nhello`);
    expect(only()).toEqual({
      method: 'POST',
      path: '/a%2Fb/',
      query: 'x=%20&y?z#f',
      headers: [
        ['HOST', 'localhost:8080'],
        ['X-Twice', '1'],
        ['x-twice', 'two  words'],
        ['Content-Length', '5'],
        ['Connection', 'close'],
      ],
      body: Buffer.from('hello'),
      sourceIp: '127.0.0.1',
      secureTransport: false,
    });
  });

  test('has headers of one character a byte', async () => {
    const head = Buffer.from(
      'GET / HTTP/1.1\r\nHost: x\r\nX-Name: \xc3\xa9\xff\r\nConnection: close\r\n\r\n',
      'latin1',
    );
    await sendRaw(head);
    expect(only().headers).toContainEqual(['X-Name', '\xc3\xa9\xff']);
  });

  test('may have no query and no body', async () => {
    await send({ method: 'GET', path: '/' });
    expect(only()).toMatchObject({ method: 'GET', path: '/', query: '' });
    expect(only().body).toHaveLength(0);
  });

  test('that comes in chunks is put together', async () => {
    await send({}, Buffer.from('Action='), Buffer.from('Echo'), Buffer.of(0, 255));
    expect(only().body).toEqual(Buffer.from('Action=Echo\0\xff', 'latin1'));
  });

  test('that comes byte by byte is put together', async () => {
    const socket = connect(listener.port, HOST);
    sockets.add(socket);
    await once(socket, 'connect');
    socket.setNoDelay(true);
    for (const byte of 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc') {
      socket.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await once(socket, 'data');
    expect(only().body).toEqual(Buffer.from('abc'));
  });

  test('may follow another on the same connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (const path of ['/1', '/2', '/3']) expect((await send({ agent, path })).status).toBe(200);
    agent.destroy();
    expect(requests.map(({ path }) => path)).toEqual(['/1', '/2', '/3']);
  });
});

describe('an answer', () => {
  test('arrives with its status, headers and length in bytes, and the date by which SDKs set their clocks', async () => {
    respond = async () => ({ status: 418, headers: { 'x-amzn-RequestId': 'id' }, body: 'ü\u{1f600}' });
    const told = await send({});
    expect(told).toMatchObject({ status: 418, body: 'ü\u{1f600}' });
    expect(told.headers).toMatchObject({ 'x-amzn-requestid': 'id', 'content-length': '6' });
    expect(Math.abs(Date.parse(told.headers.date ?? '') - Date.now())).toBeLessThan(10_000);
  });

  test('to a client that has left is dropped', async () => {
    let finish = (_answer: Answer): void => {};
    respond = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const socket = connect(listener.port, HOST);
    await once(socket, 'connect');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    while (requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));
    finish(plainAnswer('late'));
    respond = async () => plainAnswer('next');
    expect((await send({})).body).toBe('next');
  });
});

describe('the limit of a body', () => {
  const TOO_LARGE = `<Message>The request is larger than ${MAX} bytes.</Message>`;

  test('is not passed by a body of exactly that length, with a length or in chunks', async () => {
    const body = Buffer.alloc(MAX, 0x61);
    expect((await withLength(body)).status).toBe(200);
    expect((await send({}, body.subarray(0, 1000), body.subarray(1000))).status).toBe(200);
    expect(requests.map((request) => request.body.length)).toEqual([MAX, MAX]);
    expect(Buffer.from(requests[1]?.body ?? []).equals(body)).toBe(true);
  });

  test('is passed by one byte more, which is answered and goes no further', async () => {
    const body = Buffer.alloc(MAX + 1, 0x61);
    for (const told of [await withLength(body), await send({}, body.subarray(0, MAX), body.subarray(MAX))]) {
      expect(told.status).toBe(413);
      expect(told.body).toContain('<Code>RequestEntityTooLarge</Code>');
      expect(told.body).toContain(TOO_LARGE);
    }
    expect(requests).toEqual([]);
  });

  test('passed by one request is not passed by the next of the connection', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send({ agent }, Buffer.alloc(2 * MAX))).status).toBe(413);
    expect((await send({ agent }, Buffer.from('small'))).status).toBe(200);
    agent.destroy();
    expect(only().body).toEqual(Buffer.from('small'));
  });
});

describe('the limit of the headers', () => {
  test('is not reached by what SDKs send, and more than it is refused by 431', async () => {
    const value = (bytes: number) => ({ headers: { 'X-Long': 'a'.repeat(bytes) } });
    expect((await send(value(24 * 1024))).status).toBe(200);
    expect((await send(value(LIMITS.requestHeaderBytesMax + 1))).status).toBe(431);
    expect(requests).toHaveLength(1);
  });

  test('counts many short ones together', async () => {
    const lines = Array.from({ length: 4_000 }, (_, at) => `x-${at}: 1234\r\n`).join('');
    expect(await sendRaw(`GET / HTTP/1.1\r\nHost: x\r\n${lines}\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(requests).toEqual([]);
  });

  test('holds for the address, too', async () => {
    const told = await sendRaw(
      `GET /?${'a'.repeat(LIMITS.requestHeaderBytesMax)} HTTP/1.1\r\nHost: x\r\n\r\n`,
    );
    expect(told).toMatch(/^HTTP\/1\.1 431 /);
    expect(requests).toEqual([]);
  });
});

describe('the limit of the time that a request takes to arrive', () => {
  // Three connections wait at the same time; the listener looks every second.
  test('ends connections that stop in the headers, in the body or before the first byte', async () => {
    await listener.close();
    listener = await listen(undefined, { receiveMsMax: 200 });
    const began = performance.now();
    const told = await Promise.all([
      sendRaw('POST / HTTP/1.1\r\nHost: x\r\n'),
      sendRaw('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc'),
      sendRaw(''),
    ]);
    const took = performance.now() - began;
    expect(told[0]).toMatch(/^HTTP\/1\.1 408 /);
    expect(told[1]).toMatch(/^HTTP\/1\.1 408 /);
    expect(told[2]).toMatch(/^(?:$|HTTP\/1\.1 408 )/);
    expect(took).toBeGreaterThanOrEqual(195);
    // Far from the half a minute after which node:http looks of its own accord.
    expect(took).toBeLessThan(10_000);
    expect(requests).toEqual([]);
  }, 15_000);

  test('does not end a connection that is idle between two requests', async () => {
    await listener.close();
    listener = await listen(undefined, { receiveMsMax: 200 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await send({ agent })).status).toBe(200);
    await new Promise((resolve) => setTimeout(resolve, 1300));
    expect((await send({ agent })).status).toBe(200);
    agent.destroy();
  });
});

describe('what is no HTTP request', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n'],
    ['TLS', Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])],
    [
      'two ways of telling the length',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
    ['a length that is no number', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc'],
    ['a chunk of no length', 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['a null character in a header', 'GET / HTTP/1.1\r\nHost: x\0y\r\n\r\n'],
  ])('is refused, and the listener goes on: %s', async (_what, bytes) => {
    expect(await sendRaw(bytes)).toMatch(/^HTTP\/1\.1 400 /);
    expect(requests).toEqual([]);
    expect((await send({})).status).toBe(200);
  });

  test('because it breaks off in the middle is not answered', async () => {
    const socket = connect(listener.port, HOST);
    await once(socket, 'connect');
    socket.end('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    socket.resume();
    await once(socket, 'close');
    const other = connect(listener.port, HOST);
    await once(other, 'connect');
    other.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    await new Promise((resolve) => setTimeout(resolve, 20));
    other.resetAndDestroy();
    expect((await send({})).status).toBe(200);
    expect(requests).toHaveLength(1);
  });
});

describe('a listener', () => {
  test('on a port that is taken is refused by the system', async () => {
    const options = {
      host: HOST,
      sharePorts: false,
      port: listener.port,
      tls: undefined,
      answer: async () => plainAnswer(''),
    };
    await expect(listenHttp(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('with a certificate speaks TLS, and tells that it does', async () => {
    const made = await localhostCertificate();
    const secure = await listen(made);
    try {
      const body = await new Promise<string>((resolve, reject) => {
        const options = { host: HOST, port: secure.port, ca: made.ca, servername: 'localhost', agent: false };
        const request = httpsRequest(options, (message) => {
          message.on('data', (chunk: Buffer) => resolve(chunk.toString()));
        });
        request.on('error', reject);
        request.end();
      });
      expect(body).toBe('<ok/>');
      expect(only().secureTransport).toBe(true);
      const old = httpsRequest({
        host: HOST,
        port: secure.port,
        ca: made.ca,
        servername: 'localhost',
        agent: false,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      old.end();
      const [error] = (await once(old, 'error')) as [Error];
      expect(error).toBeInstanceOf(Error);
      expect(requests).toHaveLength(1);
    } finally {
      await secure.close();
    }
  });

  test('that is closed answers what it has begun, ends idle connections and takes no new ones', async () => {
    const closing = await listen();
    const { port } = closing;
    const idle = connect(port, HOST);
    await once(idle, 'connect');
    idle.write('GET /idle HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(idle, 'data');
    let finish = (_answer: Answer): void => {};
    respond = () =>
      new Promise((resolve) => {
        finish = resolve;
      });
    const begun = send({ port, path: '/begun' });
    while (requests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const idleEnded = once(idle, 'close');
    const closed = closing.close();
    await idleEnded;
    const late = connect(port, HOST);
    await expect(once(late, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    finish(plainAnswer('in time'));
    expect((await begun).body).toBe('in time');
    await closed;
  });
});
