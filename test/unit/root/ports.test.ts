import { createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { OperatorError } from '../../../src/core/errors.ts';
import { systemRandom } from '../../../src/core/ids.ts';
import { listenAt } from '../../../src/core/listen-at.ts';
import {
  chooseGatewayPort,
  requireFreePort,
  requireSharedPorts,
  requireUsableHost,
} from '../../../src/ports.ts';
import { CAN_SHARE_PORTS } from '../../walk/support/can-share-ports.ts';
import { closeSockets, listen } from '../gateway/loopback.ts';

afterEach(closeSockets);

const HOST = '127.0.0.1';
const ALONE = { host: HOST, sharePorts: false };
const SHARED = { host: HOST, sharePorts: true };

/** Chance that names exactly these ports, of those that are chosen by chance. */
const naming = (...ports: readonly number[]) => {
  const left = [...ports];
  return (count: number) => {
    const bytes = Buffer.alloc(count);
    bytes.writeUInt16BE((left.shift() ?? ports.at(-1) ?? 20_000) - 20_000);
    return bytes;
  };
};

/** Whether a listener can be opened there now. */
const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, HOST, () => server.close(() => resolve(true)));
  });

async function refusal(run: Promise<unknown>): Promise<string> {
  const error: unknown = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(OperatorError);
  return (error as OperatorError).message;
}

describe('an address', () => {
  test.each(['127.0.0.1', 'localhost', '0.0.0.0'])('of this machine is usable: %s', async (host) => {
    await requireUsableHost(host);
  });

  test.each(['192.0.2.1', '2001:db8::1'])('of another machine is not: %s', async (host) => {
    const message = await refusal(requireUsableHost(host));
    expect(message).toContain(`the address "${host}" cannot be used`);
    expect(message).toContain('KEYSHIFT_HOST');
  });
});

describe('a port', () => {
  test('that is taken is refused, with the setting to change', async () => {
    const port = await listen(() => {});
    const message = await refusal(requireFreePort(ALONE, port, 'KEYSHIFT_HTTP_PORT'));
    expect(message).toContain(`port ${port} on 127.0.0.1 cannot be used`);
    expect(message).toContain('KEYSHIFT_HTTP_PORT');
  });

  test('that is free stays free, and 0 is never taken', async () => {
    const port = await listen(() => {});
    await closeSockets();
    await requireFreePort(ALONE, port, 'KEYSHIFT_HTTP_PORT');
    expect(await isFree(port)).toBe(true);
    await requireFreePort(ALONE, 0, 'KEYSHIFT_HTTP_PORT');
  });
});

describe('the port of a cluster', () => {
  const NONE: ReadonlySet<number> = new Set();

  /** A run of free ports that drivers can hold. */
  async function freeRun(length: number): Promise<number> {
    for (let tries = 0; tries < 100; tries++) {
      const first = await chooseGatewayPort(ALONE, 0, NONE, systemRandom);
      const run = Array.from({ length }, (_, at) => first + at);
      if (first + length <= 32_767 && (await Promise.all(run.map(isFree))).every((free) => free))
        return first;
    }
    throw new Error('there are not enough free ports in a row');
  }

  test('is the first from the base on that is free and no other cluster’s', async () => {
    const base = await freeRun(3);
    expect(await chooseGatewayPort(ALONE, base, NONE, systemRandom)).toBe(base);
    expect(await chooseGatewayPort(ALONE, base, new Set([base, base + 1]), systemRandom)).toBe(base + 2);
    const server = createServer().listen(base, HOST);
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      expect(await chooseGatewayPort(ALONE, base, NONE, systemRandom)).toBe(base + 1);
    } finally {
      server.close();
    }
  });

  test('is at most the largest that drivers can hold', async () => {
    const message = await refusal(chooseGatewayPort(ALONE, 32_767, new Set([32_767]), systemRandom));
    expect(message).toBe('no port up to 32767 is free on 127.0.0.1 for another cluster');
    await refusal(chooseGatewayPort(ALONE, 32_768, NONE, systemRandom));
  });

  test('from base 0 is any free one from 20000 to 32767', async () => {
    for (let tries = 0; tries < 20; tries++) {
      const port = await chooseGatewayPort(ALONE, 0, NONE, systemRandom);
      expect(port).toBeGreaterThanOrEqual(20_000);
      expect(port).toBeLessThanOrEqual(32_767);
    }
  });

  test('from base 0 is not one that another cluster has', async () => {
    const first = await freeRun(2);
    expect(await chooseGatewayPort(ALONE, 0, new Set([first]), naming(first, first, first + 1))).toBe(
      first + 1,
    );
    await refusal(chooseGatewayPort(ALONE, 0, new Set([first]), naming(first)));
  });
});

describe('sharing ports', () => {
  test.skipIf(!CAN_SHARE_PORTS)('is possible here, and only with those who share too', async () => {
    await requireSharedPorts(SHARED);
    const server = createServer();
    try {
      const port = await listenAt(server, SHARED, 0);
      await requireFreePort(SHARED, port, 'KEYSHIFT_HTTP_PORT');
      expect(await refusal(requireFreePort(ALONE, port, 'KEYSHIFT_HTTP_PORT'))).toContain('EADDRINUSE');
      const alone = await listen(() => {});
      expect(await refusal(requireFreePort(SHARED, alone, 'KEYSHIFT_HTTP_PORT'))).toContain('EADDRINUSE');
    } finally {
      server.close();
    }
  });

  test.skipIf(CAN_SHARE_PORTS)('is refused where it is not possible, with what it needs', async () => {
    const message = await refusal(requireSharedPorts(SHARED));
    expect(message).toContain('KEYSHIFT_SHARE_PORTS needs Linux with Node.js 22.12, 23.1 or newer');
  });

  test('is not looked into where it is not wanted', async () => {
    await requireSharedPorts(ALONE);
  });
});
