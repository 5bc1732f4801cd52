import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { type ClientParameters, readClientParameters } from '../../../src/gateway/startup-parameters.ts';

const read = (parameters: Record<string, string>): ClientParameters =>
  readClientParameters(new Map(Object.entries(parameters)));

function refusal(parameters: Record<string, string>): SqlError {
  try {
    read(parameters);
  } catch (error) {
    if (error instanceof SqlError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('ordinary settings', () => {
  test('go to the backend, under their names in lower case', () => {
    const { settings } = read({
      application_name: 'psql',
      client_encoding: 'UTF8',
      DateStyle: 'ISO',
      TimeZone: 'UTC',
      extra_float_digits: '2',
    });
    expect([...settings]).toEqual([
      ['application_name', 'psql'],
      ['client_encoding', 'UTF8'],
      ['datestyle', 'ISO'],
      ['timezone', 'UTC'],
      ['extra_float_digits', '2'],
    ]);
  });

  test('are taken out of the options, in their order', () => {
    const options = '-c statement_timeout=5s -csearch_path=a\\ b --work-mem=4MB';
    expect([...read({ options }).settings]).toEqual([
      ['statement_timeout', '5s'],
      ['search_path', 'a b'],
      ['work_mem', '4MB'],
    ]);
    expect(read({ options }).settings.has('options')).toBe(false);
  });

  test('may be none', () => {
    const { settings, client, isRedshiftDriver } = read({});
    expect([settings.size, client, isRedshiftDriver]).toEqual([0, {}, false]);
  });
});

describe('everything else is refused by its name', () => {
  const DANGEROUS = [
    'session_preload_libraries',
    'local_preload_libraries',
    'role',
    'session_authorization',
    'log_statement',
    'default_tablespace',
    'temp_tablespaces',
    'row_security',
    'search_path ',
    'unknown',
    '__proto__',
    'constructor',
    'Options',
    '',
    'sear\u0441h_path',
  ];

  test.each(DANGEROUS)('as a parameter: %j', (name) => {
    const error = refusal({ user_agent: 'x', [name]: 'x' });
    expect(error.sqlState).toBe('42704');
    const alone = () => readClientParameters(new Map([[name, 'x']]));
    expect(alone).toThrow(`unrecognized configuration parameter "${name}"`);
  });

  test.each(['role', 'session_preload_libraries', 'ROLE', 'session-authorization', 'options'])(
    'in the options: %s',
    (name) => {
      for (const options of [`-c ${name}=x`, `-c${name}=x`, `--${name}=x`, `-c work_mem=1MB -c ${name}=x`]) {
        expect(refusal({ options }).sqlState).toBe('42704');
      }
    },
  );

  test.each(['-f x', '-d 5', 'work_mem=1', '-W 3', '-S', '-- ', '-c'])('as a switch: %s', (options) => {
    expect(refusal({ options }).sqlState).toMatch(/^(?:42601|42704)$/);
  });

  test('without repeating a long name whole', () => {
    expect(refusal({ ['x'.repeat(9_000)]: 'y' }).message.length).toBeLessThan(300);
  });

  test('never its value', () => {
    const { message, detail, hint } = refusal({ sslpassword: 'hunter2' });
    expect([message, detail, hint].join()).not.toContain('hunter2');
  });

  test('and whatever is sent, only settings of the list come through', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('search_path', 'Work_Mem', 'role', 'client_protocol_version', 'options'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (pairs) => {
        try {
          const { settings } = readClientParameters(new Map(pairs));
          for (const key of settings.keys()) expect(key).toMatch(/^(?:search_path|work_mem)$/);
        } catch (error) {
          expect(error).toBeInstanceOf(SqlError);
        }
      }),
    );
  });
});

describe('the keys of the Redshift drivers', () => {
  const KEYS = {
    client_protocol_version: '2',
    driver_version: 'Redshift JDBC 2.1',
    os_version: 'Linux',
    plugin_name: 'x',
  };

  test('tell who connects, and are not passed on', () => {
    const { settings, client, isRedshiftDriver } = read({
      ...KEYS,
      application_name: 'etl',
      timezone: 'UTC',
    });
    expect(client).toEqual({ ...KEYS, application_name: 'etl' });
    expect([...settings.keys()]).toEqual(['application_name', 'timezone']);
    expect(isRedshiftDriver).toBe(true);
  });

  test('make a Redshift driver only by the protocol version', () => {
    expect(read({ driver_version: 'x', application_name: 'client_protocol_version' }).isRedshiftDriver).toBe(
      false,
    );
    expect(read({ Client_Protocol_Version: '1' }).isRedshiftDriver).toBe(true);
  });

  test('go to the log shortened to 200 characters, but whole to the backend', () => {
    const { client, settings } = read({ driver_version: 'd'.repeat(201), application_name: 'a'.repeat(201) });
    expect(client['driver_version']).toHaveLength(200);
    expect(client['application_name']).toHaveLength(200);
    expect(settings.get('application_name')).toHaveLength(201);
  });
});

describe('replication', () => {
  test.each(['false', 'off', 'no', '0', '', 'FALSE', 'Off'])(
    'that is %j is an ordinary connection',
    (value) => {
      expect(read({ replication: value }).settings.size).toBe(0);
    },
  );

  test.each(['true', 'on', 'yes', '1', 'database', 'Database', ' false', 'false '])(
    'that is %j is refused',
    (value) => {
      expect(refusal({ replication: value }).sqlState).toBe('0A000');
    },
  );

  test.each(['-c replication=database', '--replication=true'])(
    'does not come in through the options: %s',
    (options) => {
      expect(refusal({ options }).sqlState).toBe('42704');
    },
  );

  test('is not read in another case', () => {
    expect(refusal({ Replication: 'database' }).sqlState).toBe('42704');
  });
});
