import { afterEach, describe, expect, test } from 'vitest';
import { Channel } from '../../../src/gateway/channel.ts';
import { welcome } from '../../../src/gateway/welcome.ts';
import {
  type ParameterStatus,
  readAuthentication,
  readBackendKeyData,
  readParameterStatus,
  writeReadNotice,
} from '../../../src/pgwire/index.ts';
import { closeSockets, socketPair } from './loopback.ts';

afterEach(closeSockets);

const OURS = { processId: 42, secretKey: Buffer.from('ours') };
const BACKENDS = { processId: 42, secretKey: Buffer.from('backend’s') };

async function welcomed(
  parameters: readonly ParameterStatus[],
  isRedshiftDriver = false,
  notices: readonly Buffer[] = [],
) {
  const { server, client } = await socketPair();
  const backend = { key: BACKENDS, parameters, notices };
  welcome(new Channel(server), backend, OURS, isRedshiftDriver);
  const reader = new Channel(client);
  const frames = [];
  for (let count = 0; count < parameters.length + notices.length + 3; count++)
    frames.push(await reader.frame());
  return { frames, waitingBytes: reader.waitingBytes };
}

async function versionTold(value: string, isRedshiftDriver: boolean): Promise<string | undefined> {
  const { frames } = await welcomed([{ name: 'server_version', value }], isRedshiftDriver);
  return frames[1] && readParameterStatus(frames[1].payload).value;
}

describe('a client that is in', () => {
  test('is told: ok, the settings in their order, the key, ready', async () => {
    const parameters = [
      { name: 'TimeZone', value: 'UTC' },
      { name: 'server_encoding', value: 'UTF8' },
    ];
    const { frames, waitingBytes } = await welcomed(parameters);
    expect(String.fromCharCode(...frames.map(({ code }) => code))).toBe('RSSKZ');
    const [ok, first, second, key, ready] = frames.map(({ payload }) => payload);
    expect(readAuthentication(ok ?? Buffer.alloc(0))).toEqual({ kind: 'ok' });
    expect([first, second].map((one) => readParameterStatus(one ?? Buffer.alloc(0)))).toEqual(parameters);
    expect(readBackendKeyData(key ?? Buffer.alloc(0))).toEqual(OURS);
    expect(ready?.toString()).toBe('I');
    expect(waitingBytes).toBe(0);
  });

  test('is told what the server had to say at login, before it is ready', async () => {
    const notice = writeReadNotice(Buffer.from('SNOTICE\0MYou are welcome!\0\0'));
    const { frames } = await welcomed([{ name: 'TimeZone', value: 'UTC' }], false, [notice]);
    expect(String.fromCharCode(...frames.map(({ code }) => code))).toBe('RSKNZ');
    expect(frames[3]?.payload).toEqual(notice.subarray(5));
  });

  test.each([
    ['18.4', '18.4'],
    ['18.4 (Debian 18.4-1.pgdg13+1)', '18.4'],
    ['16beta2', '16'],
    ['9.6.24', '9.6.24'],
    ['devel', 'devel'],
  ])('of the server version %j is told %s, the number', async (value, told) => {
    expect(await versionTold(value, false)).toBe(told);
  });

  test('with a Redshift driver is told Redshift’s version, and only of that', async () => {
    expect(await versionTold('18.4 (Debian)', true)).toBe('8.0.2');
    const { frames } = await welcomed([{ name: 'server_encoding', value: '18.4 x' }], true);
    expect(readParameterStatus(frames[1]?.payload ?? Buffer.alloc(0)).value).toBe('18.4 x');
  });
});
