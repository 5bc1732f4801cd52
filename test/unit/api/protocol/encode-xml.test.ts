import { describe, expect, test } from 'vitest';
import { encodeError, encodeResult } from '../../../../src/api/protocol/encode-xml.ts';
import { escapeXml } from '../../../../src/api/protocol/escape-xml.ts';
import { iamTable, redshiftTable } from '../../../../src/api/protocol/services.ts';
import type { ServiceTable } from '../../../../src/api/services/table.ts';

function encode(table: ServiceTable, name: string, output?: object): string {
  const operation = table.operation(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return encodeResult(table, operation, output, 'r-1');
}

describe('an answer', () => {
  test('has its members in the order of the model and whole seconds', () => {
    const text = encode(redshiftTable, 'GetClusterCredentials', {
      Expiration: new Date('2026-03-04T05:06:07.999Z'),
      DbPassword: 'secret',
      DbUser: 'IAM:alice',
    });
    expect(text).toBe(
      '<GetClusterCredentialsResponse xmlns="http://redshift.amazonaws.com/doc/2012-12-01/">' +
        '<GetClusterCredentialsResult><DbUser>IAM:alice</DbUser><DbPassword>secret</DbPassword>' +
        '<Expiration>2026-03-04T05:06:07Z</Expiration></GetClusterCredentialsResult>' +
        '<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetClusterCredentialsResponse>',
    );
  });

  test('has no result when the operation has no output', () => {
    expect(encode(iamTable, 'DeleteUser')).toBe(
      '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">' +
        '<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></DeleteUserResponse>',
    );
  });

  test('names list elements as the model does', () => {
    expect(encode(redshiftTable, 'DescribeClusters', { Clusters: [{ ClusterIdentifier: 'a' }] })).toContain(
      '<Clusters><Cluster><ClusterIdentifier>a</ClusterIdentifier></Cluster></Clusters>',
    );
    expect(encode(iamTable, 'ListAccountAliases', { AccountAliases: ['a', 'b'] })).toContain(
      '<AccountAliases><member>a</member><member>b</member></AccountAliases>',
    );
  });

  test('shows an empty list and leaves out what is undefined', () => {
    expect(encode(iamTable, 'ListUsers', { Users: [], IsTruncated: false, Marker: undefined })).toContain(
      '<ListUsersResult><Users></Users><IsTruncated>false</IsTruncated></ListUsersResult>',
    );
  });

  test('writes maps as entries', () => {
    expect(encode(iamTable, 'GetAccountSummary', { SummaryMap: new Map([['Users', 3]]) })).toContain(
      '<SummaryMap><entry><key>Users</key><value>3</value></entry></SummaryMap>',
    );
  });

  test('is never made from a value of the wrong type', () => {
    expect(() => encode(iamTable, 'GetUser', { User: { UserName: 1 } })).toThrow('must have a string');
    expect(() => encode(iamTable, 'ListUsers', { IsTruncated: 'false' })).toThrow('must have a boolean');
  });
});

describe('an error', () => {
  const error = { code: 'NoSuchEntity', message: 'a < b', fault: 'Sender', requestId: 'r-2' } as const;

  test('has type, code and escaped message', () => {
    expect(encodeError(error, iamTable.namespace)).toBe(
      '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type>' +
        '<Code>NoSuchEntity</Code><Message>a &lt; b</Message></Error><RequestId>r-2</RequestId></ErrorResponse>',
    );
  });

  test('has no namespace when the service is not known', () => {
    expect(encodeError(error, undefined)).toMatch(/^<ErrorResponse><Error>/);
  });
});

describe('text', () => {
  test.each([
    ['plain text, 100%', 'plain text, 100%'],
    [`<a b="c" d='e'>&amp;</a>`, '&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;&lt;/a&gt;'],
    ['a\r\nb\tc', 'a&#xD;\nb\tc'],
    ['é名🙂', 'é名🙂'],
    ['a\u0000b\u0008\u000b\u001f', 'a\ufffdb\ufffd\ufffd\ufffd'],
    ['\ud800x\udc00', '\ufffdx\ufffd'],
    ['\ufffe\uffff', '\ufffd\ufffd'],
    ['\u007f\u0085\u009f', '\u007f\u0085\u009f'],
    ['', ''],
  ])('%j is escaped', (text, escaped) => {
    expect(escapeXml(text)).toBe(escaped);
  });
});
