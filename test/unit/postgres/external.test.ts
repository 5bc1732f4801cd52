import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { type ExternalTarget, openTarget, parseTarget } from '../../../src/postgres/external.ts';
import { selfSigned } from '../../walk/support/self-signed.ts';

describe('the URL of an external server', () => {
  test('gives its parts, decoded', () => {
    expect(
      parseTarget(
        new Secret(
          'postgresql://ad%40min:p%2Fss@db.example.com:6432/my%20db?sslmode=verify-ca&sslrootcert=/ca.pem',
        ),
      ),
    ).toEqual({
      host: 'db.example.com',
      port: 6432,
      user: 'ad@min',
      password: 'p/ss',
      database: 'my db',
      sslMode: 'verify-ca',
      rootCertificate: '/ca.pem',
      clientCertificate: undefined,
    });
  });

  test('may name a client certificate with its key', () => {
    const files = 'sslcert=/gateway.crt&sslkey=/gateway.key';
    expect(parseTarget(new Secret(`postgres://u@db.example.com?${files}`))).toMatchObject({
      sslMode: 'verify-full',
      password: undefined,
      clientCertificate: { certificate: '/gateway.crt', key: '/gateway.key' },
    });
    // With a password, the server proves itself by SCRAM too.
    expect(() => parseTarget(new Secret(`postgres://u:p@10.0.0.7?sslmode=require&${files}`))).not.toThrow();
  });

  test.each([
    ['postgres://u@db.example.com', 'verify-full'],
    ['postgres://u@10.0.0.7', 'verify-full'],
    ['postgres://u@localhost', 'disable'],
    ['postgres://u@127.0.0.1', 'disable'],
    ['postgres://u@[::1]', 'disable'],
    ['postgres://u@127.0.0.1.example.com', 'verify-full'],
    ['postgres://u@localhost?sslmode=require', 'require'],
  ])('%s means sslmode %s, port 5432 and the database of the user’s name', (url, sslMode) => {
    expect(parseTarget(new Secret(url))).toMatchObject({
      sslMode,
      port: 5432,
      database: 'u',
      password: undefined,
    });
  });

  test.each([
    'not a url hush',
    'https://u:hush@db.example.com/x',
    'postgres://db.example.com/hush',
    'postgres://u:hush@db.example.com?sslmode=prefer',
    'postgres://u:hush@db.example.com?sslmode=toString',
    'postgres://u:hush@db.example.com?sslcert=/hush.crt',
    'postgres://u:hush@db.example.com?sslkey=/hush.key',
    'postgres://u@localhost?sslcert=/hush.crt&sslkey=/hush.key',
    'postgres://u@db.example.com?sslmode=require&sslcert=/hush.crt&sslkey=/hush.key',
  ])('%s is refused without being shown', (url) => {
    try {
      parseTarget(new Secret(url));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ name: 'OperatorError' });
      expect(String(error)).not.toContain('hush');
    }
  });
});

describe('TLS to an external server', () => {
  const servers: Server[] = [];
  let key = '';
  let certificate = '';
  let folder = '';

  beforeAll(async () => {
    ({ certificate, key } = await selfSigned('localhost'));
  });

  afterEach(async () => {
    if (folder !== '') rmSync(folder, { recursive: true });
    folder = '';
    await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  async function serve(answer: (socket: Socket) => void): Promise<ExternalTarget> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (request) => {
        if (request.toString('hex') === '0000000804d2162f') answer(socket);
        else socket.destroy();
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return {
      ...{ host: '127.0.0.1', port, user: 'u', password: undefined, database: 'd' },
      ...{ sslMode: 'require', rootCertificate: undefined, clientCertificate: undefined },
    };
  }

  const ignore = (): void => {};

  function answerTls(socket: Socket): void {
    socket.write('S');
    const secure = new TLSSocket(socket, { isServer: true, key, cert: certificate });
    secure.on('error', () => {});
    secure.on('data', (data) => secure.end(`echo ${data}`));
  }

  function withRoot(target: ExternalTarget): ExternalTarget {
    folder = mkdtempSync(join(tmpdir(), 'keyshift-root-'));
    writeFileSync(join(folder, 'ca.pem'), certificate);
    return { ...target, rootCertificate: join(folder, 'ca.pem') };
  }

  function withClientCertificate(target: ExternalTarget, own: { certificate: string; key: string }) {
    folder = mkdtempSync(join(tmpdir(), 'keyshift-client-'));
    const files = { certificate: join(folder, 'client.crt'), key: join(folder, 'client.key') };
    writeFileSync(files.certificate, own.certificate);
    writeFileSync(files.key, own.key);
    return { ...target, clientCertificate: files };
  }

  test('a client certificate is shown to a server that asks for one', async () => {
    const own = await selfSigned('gateway');
    const target = await serve((socket) => {
      socket.write('S');
      const options = {
        isServer: true,
        key,
        cert: certificate,
        requestCert: true,
        rejectUnauthorized: false,
      };
      const secure = new TLSSocket(socket, options).on('error', () => {});
      secure.on('data', () => secure.end(String(secure.getPeerCertificate().subject.CN)));
    });
    let take = (_bytes: Buffer): void => {};
    const socket = await openTarget(withClientCertificate(target, own), (bytes) => take(bytes));
    const shown = new Promise((resolve) => {
      take = (bytes) => resolve(String(bytes));
    });
    socket.write('who');
    expect(await shown).toBe('gateway');
  });

  test.each([
    ['is none', async () => ({ certificate: 'no certificate', key })],
    ['has another key', async () => ({ certificate, key: (await selfSigned('other')).key })],
  ])('a client certificate that %s is an error and no crash', async (_what, make) => {
    const target = withClientCertificate(await serve(answerTls), await make());
    await expect(openTarget(target, ignore)).rejects.toThrow();
  });

  test('a client certificate that cannot be read is told by its parameter', async () => {
    const clientCertificate = { certificate: '/nowhere/client.crt', key: '/nowhere/client.key' };
    await expect(openTarget({ ...(await serve(answerTls)), clientCertificate }, ignore)).rejects.toThrow(
      'correct sslcert',
    );
  });

  test('require encrypts whatever the certificate says', async () => {
    let take = (_bytes: Buffer): void => {};
    const socket = await openTarget(await serve(answerTls), (bytes) => take(bytes));
    expect(socket).toBeInstanceOf(TLSSocket);
    const echo = new Promise((resolve) => {
      take = (bytes) => resolve(String(bytes));
    });
    socket.write('hello');
    expect(await echo).toBe('echo hello');
    socket.destroy();
  });

  test('verify-ca needs the issuer, verify-full the name as well', async () => {
    const target = await serve(answerTls);
    await expect(openTarget({ ...target, sslMode: 'verify-ca' }, ignore)).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    const known = withRoot(target);
    (await openTarget({ ...known, sslMode: 'verify-ca' }, ignore)).destroy();
    await expect(openTarget({ ...known, sslMode: 'verify-full' }, ignore)).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
  });

  test('a server that offers none is not used in clear text', async () => {
    const target = await serve((socket) => socket.write('N'));
    await expect(openTarget(target, ignore)).rejects.toThrow('does not offer TLS');
  });

  test('bytes after the answer are plain text slipped in, and end the connection', async () => {
    const target = await serve((socket) => socket.write('SR'));
    await expect(openTarget(target, ignore)).rejects.toThrow('does not offer TLS');
  });

  test('a server that hangs up is an error', async () => {
    const target = await serve((socket) => socket.destroy());
    await expect(openTarget(target, ignore)).rejects.toThrow();
  });

  test('a root certificate that cannot be read is told', async () => {
    const target = await serve(answerTls);
    await expect(openTarget({ ...target, rootCertificate: '/nowhere.pem' }, ignore)).rejects.toMatchObject({
      name: 'OperatorError',
    });
  });
});
