import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { quoteName, quoteText } from '../../../../src/gateway/ddl/sql-text.ts';
import { callStatement, oracleEffects, oracleIsReady, oracleStatements, roleStatement } from './oracle.ts';
import { outcome } from './sessions.ts';
import { OTHER_STATEMENTS } from './statements.ts';

beforeAll(() => oracleIsReady);

/** Names that would break out of careless quoting, besides ordinary ones. */
const HOSTILE_NAMES = [
  'a"; drop role x; --',
  '"',
  '""',
  "a'b",
  'a\\',
  '$ks$',
  '$ks$; drop role x; $ks$',
  'a$$b',
  '/* a',
  '-- a',
  'a\nb',
  'end',
  ' ',
  'naïve ü',
  'U&"a"',
  '%s %I %L',
];

const names = fc
  .oneof(
    fc.constantFrom(...HOSTILE_NAMES),
    fc.string({ minLength: 1, maxLength: 15 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
  )
  .filter(
    (name) => !/^(?:pg_|keyshift_|__|(?:public|none)$)|:|\0/i.test(name) && Buffer.byteLength(name) <= 63,
  )
  // Names that the server of these tests has, with facts of their own.
  .filter((name) => !['u', 'boss', 'second', 'disabled', 'crowd'].includes(name));

const texts = fc
  .oneof(fc.constantFrom(...HOSTILE_NAMES), fc.string({ maxLength: 15 }))
  .filter((text) => !text.includes('\0'));

/** White space and comments, as they may stand between any two words. */
const gaps = fc.constantFrom(' ', '\n', '\t ', ' -- x\n', '/**/', ' /* ; /* \' */ " */ ');

const inAnyCase = (word: string): fc.Arbitrary<string> =>
  fc.constantFrom(word, word.toUpperCase(), word[0]?.toUpperCase() + word.slice(1));

/** One option: how it may be written, and what the oracle must find; null stands for NULL. */
interface Option {
  readonly words: string[];
  readonly expected: readonly (readonly [string, unknown])[];
}

const option = (words: string[], ...expected: [string, unknown][]): Option => ({ words, expected });

const createOptions: fc.Arbitrary<Option[]> = fc
  .record(
    {
      password: fc.oneof(
        fc.constant(option(['password', 'disable'], ['password', null], ['validUntil', '-infinity'])),
        fc.constant(option(['password', "'Abcd1234'"], ['password', 'Abcd1234'])),
        fc.constant(option(['encrypted', 'password', "E'Abcd\\x31234'"], ['password', 'Abcd1234'])),
        fc.constant(option(['password', 'null'], ['password', null])),
      ),
      createDb: fc.boolean().map((yes) => option([yes ? 'createdb' : 'nocreatedb'], ['createdb', yes])),
      createUser: fc.constant(option(['nocreateuser'])),
      // UNRESTRICTED takes a second statement.
      syslog: fc.constant(option(['syslog', 'access', 'restricted'])),
      limit: fc.oneof(
        fc
          .nat(1_000)
          .map((count) => option(['connection', 'limit', String(count)], ['connectionlimit', count])),
        fc.constant(option(['connection', 'limit', 'unlimited'], ['connectionlimit', -1])),
      ),
      groups: fc
        .array(names, { minLength: 1, maxLength: 3 })
        .map((list) => option(['in', 'group', list.map(quoteName).join(' , ')], ['addroleto', list])),
      validUntil: texts.map((text) => option(['valid', 'until', quoteText(text)], ['validUntil', text])),
    },
    { requiredKeys: [] },
  )
  .chain((chosen) => fc.shuffledSubarray(Object.values(chosen), { minLength: Object.values(chosen).length }));

/** Words with their gaps between them, in any case, where they are words. */
const written = (words: readonly string[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      ...words.map((word) => fc.tuple(/^[a-z]+$/.test(word) ? inAnyCase(word) : fc.constant(word), gaps)),
    )
    .map((parts) => parts.flat().join(''));

/** What `options` come to: nothing remains of VALID UNTIL where the password is disabled. */
function expectedOptions(options: readonly Option[], of: 'create' | 'alter'): Map<string, unknown> {
  const expected = new Map(options.flatMap((one) => one.expected));
  const isDisabled = options.some((one) => one.words.includes('disable'));
  if (isDisabled || (of === 'create' && !expected.has('password'))) {
    expected.set('password', null);
    expected.set('validUntil', '-infinity');
  }
  return expected;
}

describe('what PostgreSQL reads in a translation', () => {
  it('is the user that CREATE USER meant, with its options', async () => {
    const cases = fc
      .tuple(names, createOptions, fc.boolean())
      .chain(([name, options, saysWith]) =>
        fc.tuple(
          fc.constant(name),
          fc.constant(options),
          written([
            'create',
            'user',
            quoteName(name),
            ...(saysWith ? ['with'] : []),
            ...options.flatMap((one) => one.words),
          ]),
        ),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ([name, options, sql]) => {
        const effects = oracleEffects(await outcome(sql));
        expect(effects?.map(roleStatement)).toEqual([
          {
            type: 'CreateRoleStmt',
            name,
            options: new Map([
              ...expectedOptions(options, 'create'),
              ['adminmembers', ['keyshift_superuser']],
            ]),
          },
        ]);
      }),
      { numRuns: 400 },
    );
  });

  it('is the user that ALTER USER meant, with its options', async () => {
    const cases = fc.tuple(names, createOptions).chain(([name, all]) => {
      // SYSLOG ACCESS is a statement of its own there.
      const options = all.filter(({ words: [first] }) => first !== 'in' && first !== 'syslog');
      return fc.tuple(
        fc.constant(name),
        fc.constant(options),
        written(['alter', 'user', quoteName(name), ...options.flatMap((one) => one.words)]),
      );
    });
    await fc.assert(
      fc.asyncProperty(cases, async ([name, options, sql]) => {
        const result = await outcome(sql);
        const effects = oracleEffects(result === 'unchanged' ? sql : result);
        expect(effects?.map(roleStatement)).toEqual([
          { type: 'AlterRoleStmt', name, options: expectedOptions(options, 'alter') },
        ]);
      }),
      { numRuns: 400 },
    );
  });

  it('is the group that CREATE GROUP meant, with its members', async () => {
    await fc.assert(
      fc.asyncProperty(names, fc.array(names, { minLength: 1, maxLength: 3 }), async (name, members) => {
        const sql = `create group ${quoteName(name)} with user ${members.map(quoteName).join(', ')}`;
        expect(oracleStatements(await outcome(sql))?.map(roleStatement)).toEqual([
          {
            type: 'CreateRoleStmt',
            name,
            options: new Map([['rolemembers', members], ['adminmembers', ['keyshift_superuser']]]), // biome-ignore format: one row
          },
        ]);
      }),
    );
  });

  it('is one statement even where it does several things, and nothing more than these', async () => {
    const newRank = fc.constantFrom('createuser', 'session timeout 90', 'createuser session timeout 90');
    await fc.assert(
      fc.asyncProperty(names, names, newRank, texts, async (name, newName, rank, text) => {
        const statements = [
          `create user ${quoteName(name)} ${rank} valid until ${quoteText(text)}`,
          `alter user ${quoteName(name)} ${rank} valid until ${quoteText(text)} rename to ${quoteName(newName)}`,
          `alter user ${quoteName(name)} ${rank} valid until ${quoteText(text)} set search_path to ${quoteText(text)}`,
        ];
        for (const sql of statements) {
          const result = await outcome(sql);
          expect(oracleStatements(result)?.map(({ type }) => type)).toEqual(['DoStmt']);
          for (const effect of oracleEffects(result) ?? []) {
            const { type, node } = effect;
            expect([
              'CreateRoleStmt',
              'AlterRoleStmt',
              'AlterRoleSetStmt',
              'RenameStmt',
              'CallStmt',
            ]).toContain(type);
            if (type === 'CreateRoleStmt') expect(node.role).toBe(name);
            const after = sql.includes(' rename to ') ? newName : name;
            if (type === 'AlterRoleStmt' || type === 'AlterRoleSetStmt')
              expect(node.role.rolename).toBe(after);
            if (type === 'CallStmt') {
              expect(callStatement(effect)).toEqual({ name: 'keyshift.promote_user', args: [after] });
            }
            if (type === 'RenameStmt') expect([node.subname, node.newname]).toEqual([name, newName]);
          }
        }
      }),
      { numRuns: 150 },
    );
  });

  it('is what a superuser does to another, between the two changes of its rank', async () => {
    await fc.assert(
      fc.asyncProperty(names, async (newName) => {
        const result = await outcome(`alter user second rename to ${quoteName(newName)}`);
        const [before, renamed, cleared, after, ...more] = oracleEffects(result) ?? [];
        if (before === undefined || renamed === undefined || cleared === undefined || after === undefined)
          throw new Error('too little');
        expect(more).toEqual([]);
        expect(roleStatement(cleared)).toEqual({
          type: 'AlterRoleStmt',
          name: newName,
          options: new Map([['password', null]]),
        });
        expect(callStatement(before)).toEqual({ name: 'keyshift.demote_user', args: ['second', true] });
        expect([renamed.node.subname, renamed.node.newname]).toEqual(['second', newName]);
        expect(callStatement(after)).toEqual({ name: 'keyshift.promote_user', args: [newName] });
      }),
    );
  });

  it('is the users that DROP USER meant, and what is said of them is one statement', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(names, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (list, isGroup) => {
          const sql = `drop ${isGroup ? 'group' : 'user'} ${list.map(quoteName).join(', ')}`;
          const result = await outcome(sql);
          expect(oracleStatements(result)?.map(({ type }) => type)).toEqual(['DoStmt']);
          const [dropped, ...more] = oracleEffects(result) ?? [];
          expect(more).toEqual([]);
          expect(dropped).toMatchObject({
            type: 'DropRoleStmt',
            node: { roles: list.map((name) => ({ RoleSpec: { rolename: name } })) },
          });
        },
      ),
    );
  });

  it('is run as the user itself in a session with groups, one statement all the same', async () => {
    await fc.assert(
      fc.asyncProperty(names, texts, async (name, text) => {
        const sql = `alter user ${quoteName(name)} set search_path to ${quoteText(text)}`;
        const session = { currentUser: name, currentIsSuperuser: false, underSessionRole: true };
        const result = await outcome(sql, session);
        expect(oracleStatements(result)?.map(({ type }) => type)).toEqual(['DoStmt']);
        const [switched, altered, ...more] = oracleEffects(result) ?? [];
        expect(more).toEqual([]);
        expect(switched).toMatchObject({
          type: 'VariableSetStmt',
          node: { name: 'role', is_local: true, args: [{ A_Const: { sval: { sval: name } } }] },
        });
        expect(altered).toMatchObject({ type: 'AlterRoleSetStmt', node: { role: { rolename: name } } });
      }),
    );
  });

  it('does not run what a setting hides', async () => {
    const sql = 'alter user u createdb set search_path to a; drop role x';
    expect(oracleEffects(await outcome(sql))?.map(({ type }) => type)).toEqual([
      'AlterRoleStmt',
      'AlterRoleSetStmt',
      'DropRoleStmt',
    ]);
  });
});

describe('what is no user DDL of Redshift', () => {
  it.each(OTHER_STATEMENTS)('stays byte for byte: %s', async (sql) => {
    expect(oracleStatements(sql)).toHaveLength(1);
    expect(await outcome(sql)).toBe('unchanged');
  });

  it('stays byte for byte beside statements that are translated', async () => {
    const list = fc.array(
      fc.oneof(
        fc.constantFrom(...OTHER_STATEMENTS),
        fc.constantFrom('CREATE USER n PASSWORD DISABLE', 'alter user n session timeout 99'),
      ),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(list, fc.array(gaps), async (statements, spaces) => {
        const joined = (texts: readonly string[]): string =>
          texts.map((text, i) => `${spaces[i] ?? ''}${text}\n${spaces[i + 1] ?? ''};`).join('');
        const translated = await Promise.all(
          statements.map(async (sql) => {
            const alone = await outcome(sql);
            return alone === 'unchanged' ? sql : alone;
          }),
        );
        const result = await outcome(joined(statements));
        expect(result === 'unchanged' ? joined(statements) : result).toBe(joined(translated));
      }),
      { numRuns: 300 },
    );
  });

  it('is translated into SQL or not at all, whatever follows the first words', async () => {
    const piece = fc.constantFrom(
      ...'user group x "x" , ( ) 1 - $1 \\ set to = with in password disable null encrypted createdb createuser'.split(
        ' ',
      ),
      ..."session timeout 60 connection limit unlimited rename reset valid until 'a' 'Abcd1234' E'\\'' $$a$$".split(
        ' ',
      ),
    );
    const verb = fc.constantFrom('create user x', 'alter user x', 'create group x', 'alter user');
    let translated = 0;
    await fc.assert(
      fc.asyncProperty(verb, fc.array(piece, { maxLength: 5 }), async (first, pieces) => {
        const result = await outcome([first, ...pieces].join(' '));
        if (result === 'unchanged' || /^[0-9A-Z]{5} /.test(result)) return;
        translated += 1;
        // A setting is copied as it is, and may be wrong.
        if (!pieces.includes('set') && !pieces.includes('reset')) expect(oracleEffects(result)).toBeDefined();
      }),
      { numRuns: 1_500 },
    );
    expect(translated).toBeGreaterThan(20);
  });

  it('is never changed when PostgreSQL reads all of it as something else', async () => {
    const piece = fc.oneof(
      fc.constantFrom(...OTHER_STATEMENTS),
      fc.constantFrom('create user x password disable', "'", '$$', '/*', '*/', '-- x\n', ';', ' ', '"'),
    );
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 6 }), async (pieces) => {
        const sql = pieces.join('');
        // The oracle does not join strings with a comment between them. Dollars and letters at the end of a word are part
        // of it: that makes `current_user` a name, and its DROP USER one that is translated.
        const statements = /'\s*--|\w\$\$|current_user\w/.test(sql) ? undefined : oracleStatements(sql);
        if (statements === undefined || statements.some(({ type }) => type === 'CreateRoleStmt')) return;
        compared += 1;
        expect(await outcome(sql)).toBe('unchanged');
      }),
      { numRuns: 1_500 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
