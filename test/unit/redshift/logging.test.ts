import { describe, expect, test } from 'vitest';
import { logFile, logFolder, requireLogging } from '../../../src/redshift/logging.ts';

/** What EnableLogging takes, and where the files of a log are. */

const NOW = new Date('2026-03-01T23:59:59.999Z');
const CLUSTER = { accountId: '111122223333', identifier: 'sales', region: 'us-east-1' };

const wanted = (more: Partial<Parameters<typeof requireLogging>[0]>) =>
  requireLogging(
    { bucket: 'logs', prefix: undefined, destination: undefined, exports: undefined, ...more },
    NOW,
  );

describe('EnableLogging', () => {
  test('takes a bucket alone, and everything that can be said', () => {
    expect(wanted({})).toEqual({ bucket: 'logs', since: '2026-03-01T23:59:59.999Z' });
    expect(
      wanted({ prefix: 'a/b c/é', destination: 's3', exports: ['userlog', 'connectionlog', 'userlog'] }),
    ).toEqual({
      ...{ bucket: 'logs', prefix: 'a/b c/é', since: '2026-03-01T23:59:59.999Z' },
      exports: ['userlog', 'connectionlog'],
    });
  });

  test.each(['abc', `a${'b'.repeat(61)}c`, 'my.logs-2'])('takes the bucket %s', (bucket) => {
    expect(wanted({ bucket }).bucket).toBe(bucket);
  });

  test.each([
    ...[undefined, '', 'ab', `a${'b'.repeat(62)}c`, 'Logs', '-logs', 'logs-', '.logs', 'a..b', '..', '../x'],
    ...['a/b', '/etc', 'a\\b', 'a\0b', 'logs\n', '192.168.5.4', 'lögs'],
  ])('refuses the bucket %j', (bucket) => {
    expect(() => wanted({ bucket })).toThrow(
      expect.objectContaining({ code: 'InvalidS3BucketNameFault', status: 400 }),
    );
  });

  test.each(['', 'a', 'a/', 'a.b/..c/d..', 'x'.repeat(255), 'a:b=c+d-e@f_g'])(
    'takes the prefix %s',
    (prefix) => {
      expect(wanted({ prefix }).prefix ?? '').toBe(prefix);
    },
  );

  test.each([
    ...['/', '/a', 'a//b', 'a//', '.', '..', './a', 'a/./b', '../a', 'a/..', 'a/../b', 'a/../../b/'],
    ...['a\0b', 'a\nb', 'a\\b', 'a"b', "a'b", 'a|b', '~', 'a*', `${'x'.repeat(254)}/xx`],
    ...['x'.repeat(256), 'é'.repeat(128)],
  ])('refuses the prefix %j', (prefix) => {
    expect(() => wanted({ prefix })).toThrow(
      expect.objectContaining({ code: 'InvalidS3KeyPrefixFault', status: 400 }),
    );
  });

  test('refuses destinations and logs that are not there, and those that nobody has', () => {
    for (const destination of ['cloudwatch', 's3table']) {
      expect(() => wanted({ destination })).toThrow(
        expect.objectContaining({ code: 'UnsupportedOperation' }),
      );
    }
    expect(() => wanted({ exports: ['useractivitylog'] })).toThrow(
      expect.objectContaining({ code: 'UnsupportedOperation' }),
    );
    for (const what of [{ destination: 'S3' }, { destination: '' }, { exports: ['toString'] }]) {
      expect(() => wanted(what)).toThrow(expect.objectContaining({ code: 'InvalidParameterValue' }));
    }
  });
});

describe('The files', () => {
  test('are where Amazon puts them, below the account', () => {
    const folder = ['111122223333', 'logs', 'a', 'b', 'AWSLogs', '111122223333', 'redshift', 'us-east-1'];
    expect(logFolder(CLUSTER, wanted({ prefix: 'a/b' }))).toEqual(folder);
    expect(logFolder(CLUSTER, wanted({ prefix: 'a/b/' }))).toEqual(folder);
    expect(logFolder(CLUSTER, wanted({}))).toEqual([...folder.slice(0, 2), ...folder.slice(4)]);
    expect(logFile(CLUSTER, 'userlog', NOW)).toEqual({
      day: ['2026', '03', '01'],
      name: '111122223333_redshift_us-east-1_sales_userlog_2026-03-01T23:59.gz',
    });
  });
});
