import { expect, test } from 'vitest';
import { SqlError } from '../../../src/core/errors.ts';
import { distrust, isOfWholeServer } from '../../../src/postgres/server-access.ts';

const withCode = (code: string): Error => Object.assign(new Error('what it says'), { code });
const NOT_LET_IN = 'The server does not let the gateway in.';
const NOT_VERIFIED = 'The gateway cannot verify that it is the server that is meant.';

test.each<[string, unknown, string | undefined]>([
  ['the wrong password of the administrator', withCode('28P01'), NOT_LET_IN],
  ['no line for it in pg_hba.conf', withCode('28000'), NOT_LET_IN],
  ['another name in the certificate', withCode('ERR_TLS_CERT_ALTNAME_INVALID'), NOT_VERIFIED],
  ['an authority that is not known', withCode('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), NOT_VERIFIED],
  ['a certificate that vouches for itself', withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), NOT_VERIFIED],
  ['a certificate that is over', withCode('CERT_HAS_EXPIRED'), NOT_VERIFIED],
  ['a server without TLS', new Error('The server does not support SSL connections'), NOT_VERIFIED],
  ['the same at a login', new Error('the server does not offer TLS'), NOT_VERIFIED],
  ["a client's own wrong password", new SqlError('28P01', 'password authentication failed'), undefined],
  ['a database that is not there', withCode('3D000'), undefined],
  ['a server that is down', withCode('ECONNREFUSED'), undefined],
  ['anything else', new Error('no'), undefined],
])('%s', (_what, error, told) => {
  expect(distrust(error)).toBe(told);
});

test('what is about the whole server is told from what is about one database', () => {
  for (const code of ['28P01', '53300', '57P03', 'ECONNREFUSED', 'CERT_HAS_EXPIRED']) {
    expect(isOfWholeServer(withCode(code)), code).toBe(true);
  }
  for (const code of ['42501', '3D000', '42P07']) expect(isOfWholeServer(withCode(code)), code).toBe(false);
});
