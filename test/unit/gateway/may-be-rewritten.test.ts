import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aloneInDatabase } from '../../../src/gateway/alone-in-database.ts';
import { mayBeRewritten } from '../../../src/gateway/may-be-rewritten.ts';
import { userDdlRewriter } from '../../../src/gateway/user-ddl.ts';
import type { WarmBackends } from '../../../src/gateway/warm-backends.ts';
import type { ServerAccess } from '../../../src/postgres/server-access.ts';

/** A server that knows no role. */
const ACCESS = {
  home: 'postgres',
  admin: () => ({ query: async () => ({ rows: [] }) }),
} as unknown as ServerAccess;
const PARAMETERS = [
  { name: 'client_encoding', value: 'UTF8' },
  { name: 'session_authorization', value: 'u' },
];
const BACKEND = { key: { processId: 1, secretKey: Buffer.alloc(4) }, parameters: PARAMETERS };
const WARM = { clear: async () => {} } as unknown as WarmBackends;
/** What the relay asks, as in a session. */
const rewrite = aloneInDatabase(userDdlRewriter(BACKEND, 'u', ACCESS), WARM);

const asLatin1 = (sql: string): string => Buffer.from(sql).toString('latin1');

/** Whether a rewriter takes hold of `sql`, and whether it was let through to it. */
function look(sql: string): { readonly isTaken: boolean; readonly isSeen: boolean } {
  const instead = rewrite(sql);
  instead?.catch(() => {});
  return { isTaken: instead !== undefined, isSeen: mayBeRewritten(asLatin1(sql)) };
}

const VECTORS = new URL('../../vectors/metadata/', import.meta.url);
const DRIVER_QUERIES = readdirSync(VECTORS, { recursive: true })
  .map(String)
  .filter((path) => path.endsWith('.sql'))
  .map((path) => readFileSync(new URL(path, VECTORS), 'utf8'));
const STATEMENTS = [
  ...[
    'create user x',
    'ALTER USER x PASSWORD DISABLE',
    'drop group g',
    'Grant group g to x',
    'DROP database d',
  ],
  ...['create database d', 'set query_group to 1', 'SHOW TABLES', 'reset query_group', 'select 1', 'show x'],
];
const BEFORE = [
  '',
  ' ',
  '\n\t',
  '/* a */ ',
  '-- b\n',
  '/* /* set */ */',
  '\u00a0',
  '\ufeff',
  '(',
  'select 1; ',
];
const AFTER = ['', ';', '; select 1', ' -- \u00fc', '; create user y', '\u2028'];
const CASES = [
  (text: string) => text,
  (text: string) => text.toUpperCase(),
  (text: string) => text.toLowerCase(),
];

describe('A text that is not looked at', () => {
  test('is one that no rewriter takes hold of', () => {
    let taken = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...BEFORE),
        fc.constantFrom(...STATEMENTS, ...DRIVER_QUERIES),
        fc.constantFrom(...AFTER),
        fc.constantFrom(...CASES),
        (before, statement, after, written) => {
          const { isTaken, isSeen } = look(before + written(statement) + after);
          if (isTaken) taken++;
          return isSeen || !isTaken;
        },
      ),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test('is so where words stand in any order', () => {
    const words = [
      'set',
      'show',
      'reset',
      'user',
      'group',
      'alter',
      '_SCHEM',
      '"',
      '/*',
      '*/',
      '--',
      '\n',
      ' ',
      '\u017fet',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words, 'x', ' ')), (pieces) => {
        const { isTaken, isSeen } = look(pieces.join(''));
        return isSeen || !isTaken;
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    'SELECT abalance FROM pgbench_accounts WHERE aid = 1;',
    'insert into t values (1)',
    'BEGIN',
    'with x as (select 1) table x',
    '',
  ])('is nearly every one: %j', (sql) => {
    expect(look(sql)).toEqual({ isTaken: false, isSeen: false });
  });
});
