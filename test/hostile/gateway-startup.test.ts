import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LIMITS } from '../../src/core/limits.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { ask, issue, type Login } from '../walk/support/logins.ts';
import {
  cString,
  errorFields,
  GSS_REQUEST,
  int32,
  message,
  PROTOCOL_30,
  packet,
  password,
  query,
  SSL_REQUEST,
  startup,
  Wire,
} from './wire.ts';

// What a stranger can send before a login is done. After each attack the gateway must still serve others.

let keyshift: Keyshift;
let login: Login;
/** Connections that wait for the deadline while the other tests run. */
let probes: Record<Probe, Promise<CutOff>>;
/** A session that is logged in and says nothing all that time. */
let idle: Wire;

type Probe = 'nothing' | 'request' | 'tls' | 'password' | 'scram' | 'drip';
interface CutOff {
  readonly milliseconds: number;
  readonly rest: Buffer;
}

/** The last second is for a client that does not take its refusal, the others for a busy machine. */
const DEADLINE_MS = LIMITS.loginMsMax + 10_000;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  login = await issue(keyshift, { dbName: 'exampledb' });
  idle = (await Wire.openSession(keyshift, login)).wire;
  probes = {
    nothing: cutOff(() => Wire.open(keyshift)),
    request: cutOff(async () => {
      const wire = await Wire.open(keyshift);
      wire.send(SSL_REQUEST);
      await wire.bytes(1);
      return wire;
    }),
    tls: cutOff(() => Wire.openTls(keyshift)),
    password: cutOff(() => askedForPassword(login.user)),
    scram: cutOff(() => askedForPassword('awsuser')),
    drip: cutOff(async () => {
      const wire = await Wire.openTls(keyshift);
      const bytes = hello();
      let sent = 0;
      const timer = setInterval(() => {
        wire.send(bytes.subarray(sent, sent + 1));
        if (++sent === bytes.length - 1) clearInterval(timer);
      }, 500);
      wire
        .untilEnd(DEADLINE_MS)
        .finally(() => clearInterval(timer))
        .catch(() => {});
      return wire;
    }),
  };
  // A probe that fails is seen by the test that waits for it.
  for (const probe of Object.values(probes)) probe.catch(() => {});
});

afterAll(async () => {
  await keyshift?.close();
});

async function cutOff(open: () => Promise<Wire>): Promise<CutOff> {
  const start = Date.now();
  const rest = await (await open()).untilEnd(DEADLINE_MS);
  return { milliseconds: Date.now() - start, rest };
}

async function askedForPassword(user: string): Promise<Wire> {
  const wire = await Wire.openTls(keyshift);
  wire.send(startup({ user, database: 'exampledb' }));
  expect((await wire.message()).letter).toBe('R');
  return wire;
}

const hello = () => startup({ user: login.user, database: 'exampledb' });

async function stillServes(): Promise<void> {
  expect(await ask(keyshift, login, 'select 1 as n')).toEqual([{ n: 1 }]);
}

/** What is refused before the startup packet is read: the code and the text. */
async function refused(wire: Wire): Promise<{ code: string | undefined; message: string | undefined }> {
  const fields = errorFields(await wire.message());
  expect(fields['S']).toBe('FATAL');
  await wire.untilEnd();
  return { code: fields['C'], message: fields['M'] };
}

describe('bytes that are sent in clear before TLS', () => {
  test('with SSLRequest are refused, not taken for what comes inside (CVE-2021-23214, CVE-2021-3935)', async () => {
    for (const early of [hello(), Buffer.of(0), query('select 1'), SSL_REQUEST]) {
      const wire = await Wire.open(keyshift);
      wire.send(SSL_REQUEST, early);
      expect(await refused(wire)).toEqual({
        code: '08P01',
        message: 'received unencrypted data after SSL request',
      });
    }
    await stillServes();
  });

  test('with GSSENCRequest are refused too', async () => {
    const wire = await Wire.open(keyshift);
    wire.send(GSS_REQUEST, SSL_REQUEST);
    expect((await refused(wire)).code).toBe('08P01');
  });

  test('after the answer break the handshake, and nothing is answered in clear', async () => {
    const wire = await Wire.open(keyshift);
    wire.send(SSL_REQUEST);
    expect((await wire.bytes(1)).toString()).toBe('S');
    wire.send(hello());
    const rest = await wire.untilEnd();
    // At most a TLS alert (record type 21).
    if (rest.length > 0) expect(rest.readUInt8(0)).toBe(21);
    await stillServes();
  });

  test('as a startup packet get a FATAL that asks for TLS', async () => {
    const wire = await Wire.open(keyshift);
    wire.send(hello());
    expect(await refused(wire)).toEqual({
      code: '28000',
      message: `connection for user "${login.user}" must use TLS`,
    });
  });
});

describe('requests before the startup packet', () => {
  test('a second SSLRequest, inside TLS, is refused', async () => {
    const wire = await Wire.openTls(keyshift);
    wire.send(SSL_REQUEST);
    expect(await refused(wire)).toEqual({ code: '08P01', message: 'TLS was requested inside TLS' });
    await stillServes();
  });

  test('GSSENCRequest is answered with N, and TLS may follow', async () => {
    const wire = await Wire.open(keyshift);
    wire.send(GSS_REQUEST);
    expect((await wire.bytes(1)).toString()).toBe('N');
    wire.send(SSL_REQUEST);
    expect((await wire.bytes(1)).toString()).toBe('S');
    await wire.startTls();
    wire.send(hello());
    expect((await wire.message()).letter).toBe('R');
    wire.vanish();
  });

  test('are not answered for ever', async () => {
    const wire = await Wire.open(keyshift);
    let answers = 0;
    for (; answers < 10; answers++) {
      wire.send(GSS_REQUEST);
      if ((await wire.bytes(1)).toString() !== 'N') break;
    }
    expect(answers).toBeLessThanOrEqual(3);
    await wire.untilEnd();
  });
});

describe('TLS from the first byte', () => {
  test('is taken with the ALPN name of PostgreSQL', async () => {
    const wire = await Wire.open(keyshift);
    await wire.startTls(['postgresql']);
    expect(wire.alpn).toBe('postgresql');
    wire.send(hello());
    expect((await wire.message()).letter).toBe('R');
    wire.send(password(login.password));
    expect((await wire.greeting()).parameters.get('session_authorization')).toBe('temp_creds_user');
    wire.vanish();
  });

  test('is refused without it, and with another', async () => {
    const without = await Wire.open(keyshift);
    // The handshake may look done to the client before the gateway ends it.
    await without.startTls().catch(() => {});
    without.send(hello());
    expect((await without.untilEnd()).toString()).not.toContain('R');
    const other = await Wire.open(keyshift);
    await expect(other.startTls(['http/1.1'])).rejects.toThrow(
      /alert|no application protocol|closed|ECONNRESET/i,
    );
    await stillServes();
  });

  test('below version 1.2 is refused', async () => {
    const version = await new Promise<string>((resolve) => {
      const socket = connectTls({
        host: '127.0.0.1',
        port: keyshift.ready.gatewayPort,
        maxVersion: 'TLSv1.1',
        minVersion: 'TLSv1',
        ciphers: 'DEFAULT@SECLEVEL=0',
        rejectUnauthorized: false,
        ALPNProtocols: ['postgresql'],
      });
      socket.once('secureConnect', () => resolve(socket.getProtocol() ?? 'none'));
      socket.once('error', (error) => resolve(error.message));
      socket.once('close', () => resolve('closed'));
    });
    expect(version).toMatch(/alert|version|closed|ECONNRESET/i);
  });
});

describe('a startup packet', () => {
  const LENGTH = { code: '08P01', message: 'invalid length of startup packet' };

  test('with an impossible length is refused before its bytes come', async () => {
    for (const length of [0, 4, 7, LIMITS.startupPacketBytesMax + 5, 0x7fffffff, 0x80000000, 0xffffffff]) {
      for (const open of [Wire.open, Wire.openTls]) {
        const wire = await open(keyshift);
        wire.send(int32(length), int32(PROTOCOL_30));
        expect(await refused(wire), String(length)).toEqual(LENGTH);
      }
    }
    await stillServes();
  });

  test('as large as allowed is read, and one byte more is not', async () => {
    const filled = (bytes: number): Buffer => {
      const base = startup({ user: login.user, database: 'exampledb', application_name: '' });
      return startup({
        user: login.user,
        database: 'exampledb',
        application_name: 'a'.repeat(bytes - base.length),
      });
    };
    const largest = await Wire.openTls(keyshift);
    largest.send(filled(LIMITS.startupPacketBytesMax + 4));
    expect((await largest.message()).letter).toBe('R');
    largest.vanish();
    const larger = await Wire.openTls(keyshift);
    larger.send(filled(LIMITS.startupPacketBytesMax + 5));
    expect(await refused(larger)).toEqual(LENGTH);
  });

  test('that is garbage is refused and harms nobody', async () => {
    const text = (line: string) => Buffer.from(line);
    const garbage: readonly Buffer[] = [
      text('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      text('\0\0\0\0\0\0\0\0'),
      Buffer.alloc(70_000, 0xff),
      packet(int32(PROTOCOL_30)),
      packet(int32(PROTOCOL_30), text('user')),
      packet(int32(PROTOCOL_30), cString('user'), text('x')),
      packet(int32(PROTOCOL_30), cString('user'), cString('IAM:x')),
      packet(int32(PROTOCOL_30), cString('')),
      packet(int32(PROTOCOL_30), cString('user'), cString(''), cString('')),
      packet(int32(PROTOCOL_30), cString('user'), cString('a'), cString('user'), cString('b'), cString('')),
      packet(int32(PROTOCOL_30), cString('user'), cString('a'), cString(''), text('rest')),
      packet(int32(PROTOCOL_30), cString('user'), Buffer.of(0xff, 0xfe, 0), cString('')),
      packet(int32(2 << 16), cString('user'), cString('a'), cString('')),
      packet(int32(4 << 16), cString('user'), cString('a'), cString('')),
      packet(int32(0), cString('')),
      packet(int32(80877102)),
      packet(int32(80877102), int32(1)),
      packet(int32(80877102), int32(1), Buffer.alloc(300)),
      packet(int32(80877103), text('more')),
      message('Q', cString('select 1')),
      message('p', cString('password')),
    ];
    for (const bytes of garbage) {
      for (const open of [Wire.open, Wire.openTls]) {
        const wire = await open(keyshift);
        wire.send(bytes);
        const rest = await wire.untilEnd();
        // A FATAL, or in clear the end without a word; never a login, never a request for a password.
        if (rest.length > 0) expect(rest.toString('latin1', 0, 1), bytes.toString('latin1', 0, 40)).toBe('E');
      }
    }
    await stillServes();
  });

  test('of random bytes is refused, a hundred times', async () => {
    // A fixed sequence (xorshift), so that a failure can be seen again.
    let state = 0x9e3779b9;
    const random = (): number => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state >>> 0;
    };
    for (let round = 0; round < 100; round++) {
      const body = Buffer.from(Array.from({ length: random() % 200 }, () => random() & 0xff));
      const wire = await Wire.open(keyshift);
      wire.send(round % 2 === 0 ? body : packet(int32(PROTOCOL_30), body));
      wire.send(Buffer.alloc(10_100));
      await wire.untilEnd();
    }
    await stillServes();
  });
});

describe('many connections', () => {
  test('that never log in do not grow past the limit, and leave room when they go', async () => {
    const wires: Wire[] = [];
    while (wires.length < LIMITS.loginsPendingPerAddressMax) wires.push(await Wire.open(keyshift));
    const beyond = await Wire.open(keyshift);
    expect(await beyond.untilEnd()).toHaveLength(0);
    for (const wire of wires) wire.vanish();
    // The gateway hears of it a moment later.
    for (let tries = 0; ; tries++) {
      try {
        await stillServes();
        break;
      } catch (error) {
        if (tries === 50) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  });
});

describe('a client that keeps silent is cut off at the deadline', () => {
  async function expectCutOff(
    probe: Probe,
    isTold: boolean,
    msMax: number = LIMITS.loginMsMax,
  ): Promise<void> {
    const { milliseconds, rest } = await probes[probe];
    expect(milliseconds).toBeGreaterThan(msMax - 1_000);
    expect(milliseconds).toBeLessThan(msMax + 10_000);
    if (!isTold) return;
    const fields = errorFields({ letter: rest.toString('latin1', 0, 1), body: rest.subarray(5) });
    expect(fields).toMatchObject({ S: 'FATAL', C: '57014', M: 'canceling authentication due to timeout' });
  }

  test('when it says nothing at all', () => expectCutOff('nothing', false));
  test('after SSLRequest, at the deadline of handshakes', () =>
    expectCutOff('request', false, LIMITS.tlsHandshakeMsMax));
  test('inside TLS, before its startup packet', () => expectCutOff('tls', true));
  test('when it is asked for its password', () => expectCutOff('password', true));
  test('when PostgreSQL asks it for its password', () =>
    expectCutOff('scram', true, LIMITS.passwordProofMsMax));
  test('when it sends its startup packet a byte at a time', () => expectCutOff('drip', true));

  test('while a session that is logged in may be idle for longer', async () => {
    await Promise.all(Object.values(probes));
    idle.send(query('select 1'));
    expect((await idle.answer()).map(({ letter }) => letter)).toEqual(['T', 'D', 'C', 'Z']);
    idle.vanish();
  });
});

test('the process is the same one, and its log has no error', async () => {
  await stillServes();
  expect((await fetch(`${keyshift.ready.httpUrl}/health`)).status).toBe(200);
  expect(keyshift.output).not.toMatch(
    /"level":[56]0|a session failed|UnhandledPromise|TypeError|AssertionError/,
  );
});
