import { describe, expect, test } from 'vitest';
import { PARAMETERS, requireParameter, serverSettingsOf } from '../../../src/redshift/parameters.ts';
import { readText } from '../../tidy/repository.ts';

/** Parameters of clusters: what they take, and what of them reaches the server. */

const settings = (name: string, value: string): Record<string, string> =>
  Object.fromEntries(serverSettingsOf([{ name, value }]));
const REACHING = [
  'auto_analyze',
  'datestyle',
  'extra_float_digits',
  'query_group',
  'search_path',
  'statement_timeout',
];

describe('a parameter that has a counterpart', () => {
  test.each<[string, string, Record<string, string>]>([
    ['statement_timeout', '60000', { statement_timeout: '60000' }],
    ['statement_timeout', '0', { statement_timeout: '0' }],
    ['datestyle', 'SQL, DMY', { datestyle: 'SQL, DMY' }],
    // PostgreSQL's own default is another one.
    ['extra_float_digits', '0', { extra_float_digits: '0' }],
    ['search_path', 'a, b', { search_path: 'a, b', 'keyshift.search_path': 'a, b' }],
    ['query_group', 'etl', { 'keyshift.query_group': 'etl' }],
    ['query_group', 'default', {}],
    ['auto_analyze', 'true', {}],
    [
      'auto_analyze',
      'false',
      { autovacuum_analyze_threshold: '2147483647', autovacuum_analyze_scale_factor: '100' },
    ],
  ])('%s = %s reaches the server', (name, value, expected) => {
    expect(() => requireParameter({ name, value })).not.toThrow();
    expect(settings(name, value)).toEqual(expected);
  });

  test('is one of those that the page of differences names', () => {
    const reaching = [...PARAMETERS.values()].filter((one) => one.settings !== undefined);
    expect(reaching.map(({ name }) => name)).toEqual(REACHING);
    const row = readText('docs/differences.md')
      .split('\n')
      .find((line) => line.includes('reach the server'));
    expect([...(row?.matchAll(/`(\w+)`/g) ?? [])].map(([, name]) => name).sort()).toEqual(REACHING);
  });
});

describe('a parameter that has none', () => {
  test('is taken and has no effect', () => {
    for (const { name, defaultValue } of PARAMETERS.values()) {
      expect(() => requireParameter({ name, value: defaultValue })).not.toThrow();
      if (!REACHING.includes(name)) expect(settings(name, defaultValue)).toEqual({});
    }
    expect(settings('require_ssl', 'true')).toEqual({});
  });

  test('promises no validated library', () => {
    expect(() => requireParameter({ name: 'use_fips_ssl', value: 'true' })).toThrow(
      'Invalid value for the parameter use_fips_ssl',
    );
  });
});
