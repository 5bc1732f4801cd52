import { describe, expect, it } from 'vitest';

import { userDdlRewriter } from '../../../src/gateway/user-ddl.ts';
import type { ServerAccess } from '../../../src/postgres/server-access.ts';

/** A server that knows no role and no session. */
const NOBODY_HOME = {
  home: 'postgres',
  admin: () => ({ query: async () => ({ rows: [] }) }),
} as unknown as ServerAccess;

/** What a session of `u` runs in the place of `sql`, after a greeting with these parameters. */
async function rewritten(sql: string, greeting: Readonly<Record<string, string>>): Promise<string> {
  const all = { client_encoding: 'UTF8', session_authorization: 'u', ...greeting };
  const parameters = Object.entries(all).map(([name, value]) => ({ name, value }));
  const backend = { key: { processId: 1, secretKey: Buffer.alloc(4) }, parameters };
  return (await userDdlRewriter(backend, 'u', NOBODY_HOME)(sql)) ?? 'as it came';
}

const CREATE = 'create user x password disable';

describe('the client encoding of a session', () => {
  it.each(['UTF8', 'SQL_ASCII', 'LATIN1', 'LATIN10', 'ISO_8859_5', 'WIN1250', 'WIN866', 'KOI8R', 'KOI8U'])(
    'lets user DDL be translated where every byte of ASCII is a character: %s',
    async (encoding) => {
      expect(await rewritten(CREATE, { client_encoding: encoding })).toMatch(/^CREATE USER "x"/);
    },
  );

  it.each(['SJIS', 'SHIFT_JIS_2004', 'BIG5', 'GBK', 'GB18030', 'UHC', 'JOHAB', 'EUC_JP', 'UTF16', ''])(
    'lets everything pass where one may be half a character, or is not known: %j',
    async (encoding) => {
      expect(await rewritten(CREATE, { client_encoding: encoding })).toBe('as it came');
    },
  );

  it('lets texts beyond ASCII pass where UTF-8 would read other letters than the client wrote', async () => {
    const sql = 'create user "\u00fc" password disable';
    expect(await rewritten(sql, { client_encoding: 'LATIN1' })).toBe('as it came');
    expect(await rewritten(sql, { client_encoding: 'UTF8' })).toMatch(/^CREATE USER "\u00fc"/);
  });
});

describe('a backslash in a string, which a session may have read in two ways', () => {
  it('lets the text pass where one way sees user DDL and the other does not', async () => {
    const sql = "select 'a\\'; create user x password disable; --'";
    expect(await rewritten(sql, { standard_conforming_strings: 'off' })).toBe(sql);
    expect(await rewritten(sql, { standard_conforming_strings: 'on' })).toBe(sql);
  });

  it('does not matter where both ways see the same', async () => {
    const sql = "select E'a\\tb'; create user x password disable";
    expect(await rewritten(sql, {})).toContain('CREATE USER "x"');
  });
});

describe('the other parameters that a server reports', () => {
  it('tell whether the session runs as the user itself', async () => {
    const sql = 'alter user u set work_mem to 5';
    expect(await rewritten(sql, {})).toBe(sql);
    expect(await rewritten(sql, { session_authorization: 'IAM:u:g' })).toMatch(/SET LOCAL ROLE "u"/);
  });

  it('do not matter to texts that hold no user DDL', async () => {
    expect(await rewritten('select 1', {})).toBe('as it came');
  });

  it('turn a refusal into a statement that fails with it', async () => {
    expect(await rewritten('create user pg_x', {})).toMatch(
      /^DO LANGUAGE plpgsql 'BEGIN RAISE EXCEPTION USING ERRCODE = ''42939''/,
    );
  });
});
