import { describe, expect, test } from 'vitest';
import { type Config, OPTIONS, readConfig } from '../../../src/config.ts';
import { OperatorError } from '../../../src/core/errors.ts';

const KEY = {
  KEYSHIFT_ROOT_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  KEYSHIFT_ROOT_SECRET_ACCESS_KEY: 'x'.repeat(40),
};

function refusal(environment: Record<string, string>, flags: [string, string][] = []): string {
  try {
    readConfig(environment, new Map(flags));
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

const both = (change: (config: Config) => unknown, environment: Record<string, string>) =>
  change(readConfig(environment));

describe('the settings', () => {
  test('have defaults for everything: loopback, and no key, store or master key of the operator', () => {
    expect(readConfig({})).toEqual({
      dataDir: './keyshift-data',
      host: '127.0.0.1',
      publicHost: 'localhost',
      httpPort: 8080,
      httpsPort: 8443,
      gatewayPort: 5439,
      sniPort: undefined,
      tlsFiles: undefined,
      accountId: '123456789012',
      region: 'us-west-2',
      rootKey: undefined,
      databaseUrl: undefined,
      masterKey: undefined,
      clustersFile: undefined,
      iamQuotas: '',
      signatureWindowMinutes: 15,
      warmBackends: 32,
      logLevel: 'warn',
      example: false,
      testClock: false,
      sharePorts: false,
      unsafeNoFsync: false,
    });
  });

  test('are taken from a flag before the environment, and from that before the default', () => {
    const environment = { KEYSHIFT_REGION: 'eu-west-1', KEYSHIFT_HTTP_PORT: '9000' };
    const config = readConfig(environment, new Map([['region', 'eu-central-1']]));
    expect(config).toMatchObject({ region: 'eu-central-1', httpPort: 9000, httpsPort: 8443 });
  });

  test('that are empty in the environment are not set', () => {
    const environment = Object.fromEntries(
      OPTIONS.flatMap((option) => ('env' in option ? [[option.env, '']] : [])),
    );
    expect(Object.keys(environment).length).toBeGreaterThan(10);
    expect(readConfig(environment)).toEqual(readConfig({}));
  });

  test('are not changed by flags that are none', () => {
    expect(readConfig({}, new Map([['constructor', 'x']]))).toEqual(readConfig({}));
  });

  test('each have a name, a meaning, and a variable or flag that no other has', () => {
    const names = OPTIONS.flatMap((option) => [
      option.name,
      ...('env' in option ? [option.env] : []),
      ...('flag' in option ? [option.flag] : []),
    ]);
    expect(new Set(names).size).toBe(names.length);
    for (const option of OPTIONS) {
      expect(option.meaning).toMatch(/\.$/);
      expect('env' in option || 'flag' in option).toBe(true);
    }
  });
});

describe('ports', () => {
  test.each([
    ['KEYSHIFT_HTTP_PORT', 65_535],
    ['KEYSHIFT_HTTPS_PORT', 65_535],
    ['KEYSHIFT_GATEWAY_PORT', 32_767],
  ])('%s goes from 0 to %d', (name, max) => {
    for (const value of ['0', '1', String(max)]) expect(() => readConfig({ [name]: value })).not.toThrow();
    for (const value of [
      String(max + 1),
      '-1',
      '1.5',
      ' 80',
      '80 ',
      '0x50',
      '1e3',
      'http',
      '\u0663',
      '9999999',
    ]) {
      expect(refusal({ [name]: value })).toBe(
        `${name} must be a whole number from 0 to ${max}, but it is "${value}"`,
      );
    }
  });

  test('must differ, unless they are any free one', () => {
    expect(refusal({ KEYSHIFT_HTTP_PORT: '8443' })).toContain(
      'KEYSHIFT_HTTP_PORT and KEYSHIFT_HTTPS_PORT are both 8443',
    );
    expect(refusal({ KEYSHIFT_HTTPS_PORT: '5439' })).toContain(
      'KEYSHIFT_HTTPS_PORT and KEYSHIFT_GATEWAY_PORT are both 5439',
    );
    const zero = { KEYSHIFT_HTTP_PORT: '0', KEYSHIFT_HTTPS_PORT: '0', KEYSHIFT_GATEWAY_PORT: '0' };
    expect(readConfig(zero)).toMatchObject({ httpPort: 0, httpsPort: 0, gatewayPort: 0 });
  });
});

describe('values', () => {
  test.each<[string, string, (config: Config) => unknown, unknown]>([
    ['KEYSHIFT_ACCOUNT_ID', '000000000001', (config) => config.accountId, '000000000001'],
    ['KEYSHIFT_REGION', 'r', (config) => config.region, 'r'],
    ['KEYSHIFT_REGION', 'x'.repeat(32), (config) => config.region, 'x'.repeat(32)],
    ['KEYSHIFT_SIGNATURE_WINDOW_MINUTES', '1', (config) => config.signatureWindowMinutes, 1],
    ['KEYSHIFT_SIGNATURE_WINDOW_MINUTES', '1440', (config) => config.signatureWindowMinutes, 1440],
    ['KEYSHIFT_LOG_LEVEL', 'debug', (config) => config.logLevel, 'debug'],
    ['KEYSHIFT_CLUSTERS_FILE', 'c.json', (config) => config.clustersFile, 'c.json'],
    ['KEYSHIFT_SHARE_PORTS', 'on', (config) => config.sharePorts, true],
    ['KEYSHIFT_UNSAFE_NO_FSYNC', '1', (config) => config.unsafeNoFsync, true],
    ['KEYSHIFT_UNSAFE_NO_FSYNC', 'TRUE', (config) => config.unsafeNoFsync, true],
    ['KEYSHIFT_UNSAFE_NO_FSYNC', '0', (config) => config.unsafeNoFsync, false],
    ['KEYSHIFT_UNSAFE_NO_FSYNC', 'no', (config) => config.unsafeNoFsync, false],
  ])('%s may be %s', (name, value, read, expected) => {
    expect(both(read, { [name]: value })).toBe(expected);
  });

  test.each([
    ['KEYSHIFT_ACCOUNT_ID', '12345678901'],
    ['KEYSHIFT_ACCOUNT_ID', '1234567890123'],
    ['KEYSHIFT_ACCOUNT_ID', '12345678901a'],
    ['KEYSHIFT_ACCOUNT_ID', '123456789012\n'],
    ['KEYSHIFT_REGION', 'US-WEST-2'],
    ['KEYSHIFT_REGION', 'us/west'],
    ['KEYSHIFT_REGION', 'x'.repeat(33)],
    ['KEYSHIFT_REGION', '*'],
    ['KEYSHIFT_SIGNATURE_WINDOW_MINUTES', '0'],
    ['KEYSHIFT_SIGNATURE_WINDOW_MINUTES', '1441'],
    ['KEYSHIFT_LOG_LEVEL', 'verbose'],
    ['KEYSHIFT_LOG_LEVEL', 'constructor'],
    ['KEYSHIFT_UNSAFE_NO_FSYNC', 'maybe'],
  ])('%s may not be %j', (name, value) => {
    const message = refusal({ [name]: value });
    expect(message).toMatch(new RegExp(`^${name} must be `));
    expect(message).toContain(value);
  });

  test('of the flags are on or off', () => {
    expect(
      readConfig(
        {},
        new Map([
          ['example', '1'],
          ['testClock', 'true'],
        ]),
      ),
    ).toMatchObject({
      example: true,
      testClock: true,
    });
    expect(refusal({}, [['testClock', 'perhaps']])).toBe('--test-clock must be 1 or 0, but it is "perhaps"');
  });
});

describe('the root key', () => {
  test('is taken whole', () => {
    const { rootKey } = readConfig(KEY);
    expect(rootKey?.accessKeyId).toBe('AKIAIOSFODNN7EXAMPLE');
    expect(rootKey?.secret.reveal()).toBe('x'.repeat(40));
  });

  test.each(['KEYSHIFT_ROOT_ACCESS_KEY_ID', 'KEYSHIFT_ROOT_SECRET_ACCESS_KEY'] as const)(
    'is refused with only %s',
    (name) => expect(refusal({ [name]: KEY[name] })).toContain('must be set together'),
  );

  test.each(['x'.repeat(16), 'x'.repeat(128)])('may have the id %s', (id) => {
    expect(readConfig({ ...KEY, KEYSHIFT_ROOT_ACCESS_KEY_ID: id }).rootKey?.accessKeyId).toBe(id);
  });

  test.each([
    'x'.repeat(15),
    'x'.repeat(129),
    'AKIA/IOSFODNN7EXAMPLE',
    'AKIA IOSFODNN7EXAMPLE',
    'ä'.repeat(20),
  ])('may not have the id %s, which is not repeated: it may be the secret', (id) => {
    const message = refusal({ ...KEY, KEYSHIFT_ROOT_ACCESS_KEY_ID: id });
    expect(message).toContain('KEYSHIFT_ROOT_ACCESS_KEY_ID must be 16 to 128 letters');
    expect(message).not.toContain(id);
  });

  test('has a secret of at least 8 characters, which is never repeated', () => {
    const secret = (text: string) => ({ ...KEY, KEYSHIFT_ROOT_SECRET_ACCESS_KEY: text });
    expect(readConfig(secret('hunter2!')).rootKey?.secret.reveal()).toBe('hunter2!');
    const message = refusal(secret('hunter2'));
    expect(message).toContain('at least 8 characters');
    expect(message).not.toContain('hunter2');
  });
});

describe('secrets', () => {
  const environment = {
    ...KEY,
    KEYSHIFT_DATABASE_URL: 'postgresql://me:hunter2@db/keyshift',
    KEYSHIFT_MASTER_KEY: 'hunter2-master',
  };

  test('are there, and do not print', () => {
    const config = readConfig(environment);
    expect(config.databaseUrl?.reveal()).toBe(environment.KEYSHIFT_DATABASE_URL);
    expect(config.masterKey?.reveal()).toBe('hunter2-master');
    expect(JSON.stringify(config)).not.toMatch(/hunter2|xxxx/);
  });

  test.each(['postgres://db', 'postgresql://db:5432/x'])('the database URL may be %s', (url) => {
    expect(readConfig({ KEYSHIFT_DATABASE_URL: url }).databaseUrl?.reveal()).toBe(url);
  });

  test.each(['me:hunter2@db', 'mysql://me:hunter2@db', ' postgres://hunter2', 'POSTGRES//hunter2'])(
    'the database URL may not be %s, which is not repeated',
    (url) => {
      const message = refusal({ KEYSHIFT_DATABASE_URL: url });
      expect(message).toContain('KEYSHIFT_DATABASE_URL must be a URL');
      expect(message).not.toContain('hunter2');
    },
  );
});

describe('the certificate of the operator', () => {
  const FILES = {
    KEYSHIFT_TLS_CERTIFICATE: 'tls.crt',
    KEYSHIFT_TLS_KEY: 'tls.key',
    KEYSHIFT_TLS_AUTHORITY: 'ca.crt',
  };

  test('is two files, and a third one if clients must be told whom to trust', () => {
    expect(readConfig(FILES).tlsFiles).toEqual({
      certificate: 'tls.crt',
      key: 'tls.key',
      authority: 'ca.crt',
    });
    expect(readConfig({ ...FILES, KEYSHIFT_TLS_AUTHORITY: '' }).tlsFiles?.authority).toBeUndefined();
  });

  test.each(['KEYSHIFT_TLS_CERTIFICATE', 'KEYSHIFT_TLS_KEY'] as const)('is refused without %s', (name) => {
    expect(refusal({ ...FILES, [name]: '' })).toContain('must be set together');
    expect(refusal({ KEYSHIFT_TLS_AUTHORITY: 'ca.crt' })).toContain('only with them');
  });
});

describe('the port that all clusters share', () => {
  test.each([
    ['', undefined],
    ['0', 0],
    ['5432', 5432],
    ['32767', 32_767],
  ])('%j is %s', (text, port) => {
    expect(readConfig({ KEYSHIFT_SNI_PORT: text }).sniPort).toBe(port);
  });

  test.each(['32768', '-1', 'x', '5439'])('%j is refused', (text) => {
    expect(refusal({ KEYSHIFT_SNI_PORT: text })).toContain('KEYSHIFT_SNI_PORT');
  });
});
