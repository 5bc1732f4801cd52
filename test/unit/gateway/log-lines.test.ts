import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { logLine } from '../../../src/gateway/log-lines.ts';

/** Lines of the connection and user logs. */

describe('A line', () => {
  test('of the connection log has the columns of the documents', () => {
    const event = {
      ...{ event: 'authenticated', at: '2018-04-17T04:00:21.415Z', remoteHost: '::1', remotePort: 33494 },
      ...{ pid: 29346, database: 'dev', loginName: 'IAM:ann', authMethod: 'IAM AssumeUser', durationUs: 0 },
      ...{
        tlsVersion: 'TLSv1.3',
        tlsCipher: 'TLS_AES_256_GCM_SHA384',
        credentialId: 'abc',
        applicationName: 'psql',
      },
    };
    expect(logLine('connectionlog', event)).toBe(
      'authenticated |Tue, 17 Apr 2018 04:00:21:415 |::1 |33494 |29346 |dev |IAM:ann |IAM AssumeUser |0 |' +
        'TLSv1.3 |TLS_AES_256_GCM_SHA384 |0 | | |abc |psql | | | | \n',
    );
  });

  test('of the user log has them too', () => {
    const event = {
      action: 'rename',
      at: '2026-03-01T10:00:00.007Z',
      userId: 16400,
      name: 'b',
      oldName: 'a',
    };
    const rights = { mayCreateDatabases: true, isSuperuser: false, mayUpdateCatalogs: false, xid: 812 };
    expect(logLine('userlog', { ...event, ...rights, validUntil: '2030-01-01T00:00:00.000Z' })).toBe(
      '16400 |b |a |rename |1 |0 |0 |Tue, 01 Jan 2030 00:00:00:000 | |812 |Sun, 01 Mar 2026 10:00:00:007 \n',
    );
    expect(logLine('userlog', { ...event, validUntil: 'infinity' })).toContain('|infinity |');
  });

  test('is one line with all columns, whatever a client says, and the texts can be read back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (applicationName, loginName) => {
        const line = logLine('connectionlog', { applicationName, loginName });
        expect(line.split(/[\n\r\u0085\u2028\u2029]/)).toHaveLength(2);
        const fields = line.slice(0, -1).split('|');
        expect(fields).toHaveLength(20);
        const read = (field = '') =>
          field
            .slice(0, -1)
            .replace(/\\u([0-9a-f]{4})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 16)));
        expect([read(fields[15]), read(fields[6])]).toEqual([applicationName, loginName]);
      }),
    );
    const event = { applicationName: 'x |initiating session\nfake' };
    expect(logLine('connectionlog', event)).toContain('|x \\u007cinitiating session\\u000afake |');
  });
});
