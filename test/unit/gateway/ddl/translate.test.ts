import { describe, expect, it } from 'vitest';

import { LIMITS } from '../../../../src/core/limits.ts';
import { mayHoldUserDdl } from '../../../../src/gateway/ddl/translate.ts';
import { outcome } from './sessions.ts';

const ADMIN = 'ADMIN "keyshift_superuser"';
const DISABLED = "PASSWORD NULL VALID UNTIL '-infinity'";

const unchangedSuperuser = 'ALTER USER "second"';
const renamed = (options: string): string =>
  `DO $ks$ BEGIN ALTER USER "u" RENAME TO "v"; ALTER USER "v" ${options}PASSWORD NULL; END $ks$`;

describe('CREATE USER', () => {
  it.each([
    ['create user u password disable', `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    ['CREATE USER U WITH PASSWORD DISABLE', `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    ['create user "U" password disable', `CREATE USER "U" ${DISABLED} ${ADMIN}`],
    ['create user u', `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    // The database users of an IAM user and of a role.
    ['create user "IAM:u"', `CREATE USER "IAM:u" ${DISABLED} ${ADMIN}`],
    ['create user "IAMR:u" password disable', `CREATE USER "IAMR:u" ${DISABLED} ${ADMIN}`],
    ["create user u password 'Abcd1234'", `CREATE USER "u" PASSWORD 'Abcd1234' ${ADMIN}`],
    ['create user u password null', `CREATE USER "u" PASSWORD NULL ${ADMIN}`],
    ['create user u password disable createdb', `CREATE USER "u" CREATEDB ${DISABLED} ${ADMIN}`],
    ['create user u nocreatedb nocreateuser', `CREATE USER "u" NOCREATEDB ${DISABLED} ${ADMIN}`],
    ['create user u in group g, "H"', `CREATE USER "u" ${DISABLED} IN GROUP "g", "H" ${ADMIN}`],
    ["create user u valid until '2030-01-01'", `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    [
      "create user u password 'Abcd1234' valid until '2030-01-01'",
      `CREATE USER "u" PASSWORD 'Abcd1234' VALID UNTIL '2030-01-01' ${ADMIN}`,
    ],
    ["create user u password disable valid until '2030-01-01'", `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    ['create user u connection limit 5', `CREATE USER "u" ${DISABLED} CONNECTION LIMIT 5 ${ADMIN}`],
    ['create user u connection limit -1', `CREATE USER "u" ${DISABLED} CONNECTION LIMIT -1 ${ADMIN}`],
    ['create user u connection limit unlimited', `CREATE USER "u" ${DISABLED} CONNECTION LIMIT -1 ${ADMIN}`],
    ['create user u syslog access restricted', `CREATE USER "u" ${DISABLED} ${ADMIN}`],
    [
      'create user u syslog access unrestricted',
      `DO $ks$ BEGIN CREATE USER "u" ${DISABLED} ${ADMIN}; GRANT keyshift_syslog TO "u"; END $ks$`,
    ],
    [
      'create user u login noinherit role a, b sysid 7',
      `CREATE USER "u" ${DISABLED} LOGIN NOINHERIT ROLE "a", "b" SYSID 7 ${ADMIN}`,
    ],
    ['create user u admin a', `CREATE USER "u" ${DISABLED} ADMIN "a", "keyshift_superuser"`],
    [
      'create user u createdb, connection limit 2, in group g',
      `CREATE USER "u" CREATEDB ${DISABLED} CONNECTION LIMIT 2 IN GROUP "g" ${ADMIN}`,
    ],
    [
      "create user u createuser password 'Abcd1234'",
      `DO $ks$ BEGIN CREATE USER "u" PASSWORD 'Abcd1234'; CALL keyshift.promote_user('u'); END $ks$`,
    ],
    [
      'create user u nocreatedb createuser',
      `DO $ks$ BEGIN CREATE USER "u"; CALL keyshift.promote_user('u'); END $ks$`,
    ],
    [
      'create user "it\'s" createuser session timeout 60',
      `DO $ks$ BEGIN CREATE USER "it's"; ALTER USER "it's" SET idle_session_timeout = '60s'; CALL keyshift.promote_user('it''s'); END $ks$`,
    ],
    [
      'create user u externalid "It\'s"',
      `DO $ks$ BEGIN CREATE USER "u" ${DISABLED} ${ADMIN}; COMMENT ON ROLE "u" IS 'EXTERNALID It''s'; END $ks$`,
    ],
    ["create user u password 'sha256|Abcd1234'", `CREATE USER "u" PASSWORD 'Abcd1234' ${ADMIN}`],
    [
      'create user u session timeout 60',
      `DO $ks$ BEGIN CREATE USER "u" ${DISABLED} ${ADMIN}; ALTER USER "u" SET idle_session_timeout = '60s'; END $ks$`,
    ],
  ])('%s', async (sql, expected) => {
    expect(await outcome(sql)).toBe(expected);
  });

  it.each([
    ['create user u password disable createuser', '0A000 cannot disable password of superuser'],
    [
      "create user u password 'Abcd1234' externalid abc",
      '0A000 the password of a user with an EXTERNALID must be disabled',
    ],
    [
      'create user u createuser externalid abc',
      '0A000 the password of a user with an EXTERNALID must be disabled',
    ],
    ['create user u session timeout 59', '22023 SESSION TIMEOUT must be between 60 and 1728000 seconds'],
    ['create user u session timeout 1728001', '22023 SESSION TIMEOUT must be between 60 and 1728000 seconds'],
    ['create user pg_u', '42939 role name "pg_u" is reserved'],
    ['create user "PG_U"', '42939 role name "PG_U" is reserved'],
    ['create user keyshift_superuser', '42939 role name "keyshift_superuser" is reserved'],
    ['create user "Public"', '42939 role name "Public" is reserved'],
    ['create user none', '42939 role name "none" is reserved'],
    ['create user "IAM:u:"', '42939 role name "IAM:u:" is reserved'],
    ['create user "IAM:u:g"', '42939 role name "IAM:u:g" is reserved'],
    ['create user "IAMA:u"', '42939 role name "IAMA:u" is reserved'],
    ['create user U&"IAM\\003Au\\003A"', '42939 role name "IAM:u:" is reserved'],
    ['create user u in group pg_monitor', '42939 role name "pg_monitor" is reserved'],
    ['create user u admin keyshift_superuser', '42939 role name "keyshift_superuser" is reserved'],
    [`create user ${'u'.repeat(64)}`, `42622 identifier "${'u'.repeat(64)}" is too long`],
    [`create user "${'é'.repeat(32)}"`, `42622 identifier "${'é'.repeat(32)}" is too long`],
  ])('refuses %s', async (sql, expected) => {
    expect(await outcome(sql)).toBe(expected);
  });

  it('takes names of 63 bytes and session timeouts at their limits', async () => {
    expect(await outcome(`create user ${'u'.repeat(63)}`)).toMatch(/^CREATE USER/);
    expect(await outcome('create user u session timeout 1728000')).toMatch(/1728000s/);
  });
});

describe('passwords', () => {
  const PASSWORD_64 = `Aa1${'x'.repeat(61)}`;

  it.each([
    ['of 8 characters', 'Abcdef12', undefined],
    ['of 7 characters', 'Abcde12', 'password must be at least 8 characters long'],
    ['of 64 characters', PASSWORD_64, undefined],
    ['of 65 characters', `${PASSWORD_64}x`, 'password must be at most 64 characters long'],
    ['without an upper-case letter', 'abcdef12', 'password must contain an upper-case letter'],
    ['without a lower-case letter', 'ABCDEF12', 'password must contain a lower-case letter'],
    ['without a number', 'Abcdefgh', 'password must contain a number'],
    ['with every sign that is allowed', 'Aa1!#$%&()*+,-.:;<=>?[]^_`{|}~', undefined],
    ['with a quote', "Abcdef1''", 'password contains a character that is not allowed'],
    ['with a double quote', 'Abcdef12"', 'password contains a character that is not allowed'],
    ['with a backslash', 'Abcdef12\\', 'password contains a character that is not allowed'],
    ['with a slash', 'Abcdef12/', 'password contains a character that is not allowed'],
    ['with an at sign', 'Abcdef12@', 'password contains a character that is not allowed'],
    ['with a space', 'Abcdef 12', 'password contains a character that is not allowed'],
    ['with a letter beyond ASCII', 'Abcdef12é', 'password contains a character that is not allowed'],
  ])('%s', async (_what, password, problem) => {
    const created = await outcome(`create user u password '${password}'`);
    const altered = await outcome(`alter user u password '${password}'`);
    expect(created).toBe(
      problem === undefined ? `CREATE USER "u" PASSWORD '${password}' ${ADMIN}` : `22023 ${problem}`,
    );
    expect(altered).toBe(problem === undefined ? 'unchanged' : `22023 ${problem}`);
  });

  it('are kept as what can be proved where an MD5 hash is given, which is of the user’s name too', async () => {
    const hash = 'md5153c434b4b77c89e6b94f12c5393af5b';
    const of = (user: string, text: string) => outcome(`alter user ${user} password '${text}'`);
    const one = await of('u', hash);
    expect(one).toMatch(/^ALTER USER "u" PASSWORD 'SCRAM-SHA-256\$4096:ZGlnZXN0fG18/);
    expect(one).not.toContain(hash.slice(3));
    expect(await of('u', hash.toUpperCase().replace('MD5', 'md5'))).toBe(one);
    const passwordOf = (sql: string) => /'SCRAM.*'/.exec(sql)?.[0];
    expect(passwordOf(await of('v', hash))).not.toBe(passwordOf(one));
    expect(passwordOf(await of('u rename to v', hash))).toBe(passwordOf(await of('v', hash)));
    expect(await of('u', hash.slice(0, -1))).toMatch(/^22023/);
  });

  it('are taken in the form sha256| and the password, by the rules of passwords', async () => {
    expect(await outcome("alter user u password 'sha256|Abcdef12'")).toBe(
      `ALTER USER "u" PASSWORD 'Abcdef12'`,
    );
    expect(await outcome("alter user u password 'sha256|Ab|def12'")).toBe(
      `ALTER USER "u" PASSWORD 'Ab|def12'`,
    );
    expect(await outcome("alter user u password 'sha256|weak'")).toMatch(/^22023/);
    expect(await outcome("alter user u password 'SHA256|Abcdef12'")).toBe('unchanged');
  });

  it('are kept as what can be proved where only digest and salt are given', async () => {
    const hex = (character: string) => character.repeat(64);
    const [one = '', again, other] = await Promise.all(
      [`${hex('a')}|${hex('0')}`, `${hex('A')}|${hex('0')}`, `${hex('a')}|${hex('1')}`].map((digest) =>
        outcome(`alter user u password 'sha256|${digest}'`),
      ),
    );
    expect(one).toMatch(/^ALTER USER "u" PASSWORD 'SCRAM-SHA-256\$4096:ZGlnZXN0fHN8/);
    expect(one).not.toContain(hex('a'));
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    for (const broken of [hex('a'), `${hex('a')}|`, `${hex('a')}|${hex('0')}0`, `${hex('g')}|${hex('0')}`]) {
      expect(await outcome(`alter user u password 'sha256|${broken}'`), broken).toMatch(/^22023/);
    }
  });

  it('pass as SCRAM verifiers, which psql sends for \\password', async () => {
    const key = `${'A'.repeat(43)}=`;
    const verifier = `SCRAM-SHA-256$4096:c2FsdA==$${key}:${key}`;
    expect(await outcome(`ALTER USER "u" PASSWORD '${verifier}'`)).toBe('unchanged');
    expect(await outcome(`ALTER USER "u" PASSWORD '${verifier}x'`)).toMatch(/^22023/);
  });

  it('are never repeated in an error', async () => {
    expect(await outcome("create user u password 'hunter2hunter2'")).not.toContain('hunter2');
  });
});

describe('ALTER USER', () => {
  it.each([
    ['alter user u password disable', `ALTER USER "u" ${DISABLED}`],
    ['alter user u with password disable createdb', `ALTER USER "u" CREATEDB ${DISABLED}`],
    ["alter user u password disable valid until 'infinity'", `ALTER USER "u" ${DISABLED}`],
    [
      "alter user disabled password 'Abcd1234'",
      `ALTER USER "disabled" PASSWORD 'Abcd1234' VALID UNTIL 'infinity'`,
    ],
    [
      "alter user disabled password 'Abcd1234' valid until '2030-01-01'",
      `ALTER USER "disabled" PASSWORD 'Abcd1234' VALID UNTIL '2030-01-01'`,
    ],
    ["alter user disabled valid until '2030-01-01'", 'ALTER USER "disabled"'],
    ["alter user disabled valid until 'infinity' createdb", 'ALTER USER "disabled" CREATEDB'],
    ['alter user disabled password null', 'unchanged as PASSWORD NULL'],
    ['alter user u connection limit unlimited', 'ALTER USER "u" CONNECTION LIMIT -1'],
    ['alter user u syslog access restricted', 'REVOKE keyshift_syslog FROM "u"'],
    ['alter user u syslog access unrestricted', 'GRANT keyshift_syslog TO "u"'],
    ['alter user u nocreateuser', 'ALTER USER "u"'],
    ['alter user u session timeout 300', `ALTER USER "u" SET idle_session_timeout = '300s'`],
    ['alter user u reset session timeout', 'ALTER USER "u" RESET idle_session_timeout'],
    // As on Redshift, a new name clears the password.
    ['alter user u with rename to v', renamed('')],
    ['alter user u rename to v', renamed('')],
    [
      "alter user u rename to v password 'Abcd1234'",
      `DO $ks$ BEGIN ALTER USER "u" RENAME TO "v"; ALTER USER "v" PASSWORD 'Abcd1234'; END $ks$`,
    ],
    [
      'alter user u externalid abc password disable',
      `DO $ks$ BEGIN ALTER USER "u" ${DISABLED}; COMMENT ON ROLE "u" IS 'EXTERNALID abc'; END $ks$`,
    ],
    ['alter user disabled externalid "ABC"', `COMMENT ON ROLE "disabled" IS 'EXTERNALID ABC'`],
    [`alter user u set query_group to 'x'`, `ALTER USER "u" set keyshift.query_group to 'x'`],
    ['alter user u reset Enable_Vacuum_Boost', `ALTER USER "u" reset keyshift.enable_vacuum_boost`],
    ['alter user u set readonly = 1', `ALTER USER "u" set default_transaction_read_only = 1`],
    ['alter user current_user set query_group to 1', 'ALTER USER current_user set keyshift.query_group to 1'],
    ['alter user u set "query_group" to 1', 'unchanged'],
    ['alter user u with set work_mem to 5', 'ALTER USER "u" set work_mem to 5'],
    ['alter user u createdb rename to v', renamed('CREATEDB ')],
    [
      "alter user u createdb set search_path to 'a', b -- c",
      `DO $ks$ BEGIN ALTER USER "u" CREATEDB; ALTER USER "u" set search_path to 'a', b; END $ks$ -- c`,
    ],
    ['alter user u createuser', `CALL keyshift.promote_user('u')`],
    [
      'alter user u createuser session timeout 60 rename to v',
      `DO $ks$ BEGIN ALTER USER "u" RENAME TO "v"; ALTER USER "v" PASSWORD NULL; ALTER USER "v" SET idle_session_timeout = '60s'; CALL keyshift.promote_user('v'); END $ks$`,
    ],
    [
      "alter user disabled createuser password 'Abcd1234'",
      `DO $ks$ BEGIN ALTER USER "disabled" PASSWORD 'Abcd1234' VALID UNTIL 'infinity'; CALL keyshift.promote_user('disabled'); END $ks$`,
    ],
    // No superuser is held to a limit.
    ['alter user second connection limit 5 createdb', unchangedSuperuser],
    [
      "create user s createuser password 'Abcd1234' connection limit 5",
      `DO $ks$ BEGIN CREATE USER "s" PASSWORD 'Abcd1234'; CALL keyshift.promote_user('s'); END $ks$`,
    ],
    ['alter user boss createuser', 'ALTER USER "boss"'],
    ['alter user second createuser createdb', 'ALTER USER "second"'],
    ['alter user boss nocreateuser', `CALL keyshift.demote_user('boss', false)`],
    ['alter user second nocreateuser', `CALL keyshift.demote_user('second', false)`],
    [
      'alter user boss nocreateuser createdb password disable',
      `DO $ks$ BEGIN ALTER USER "boss" ${DISABLED}; CALL keyshift.demote_user('boss', true); END $ks$`,
    ],
    [
      'alter user second nocreateuser createdb password disable',
      `DO $ks$ BEGIN CALL keyshift.demote_user('second', true); ALTER USER "second" ${DISABLED}; END $ks$`,
    ],
  ])('%s', async (sql, expected) => {
    const result = await outcome(sql);
    expect(result).toBe(expected.startsWith('unchanged') ? 'unchanged' : expected);
  });

  it.each([
    ['alter user boss password disable', '0A000 cannot disable password of superuser'],
    ['alter user u createuser password disable', '0A000 cannot disable password of superuser'],
    ['alter user disabled createuser', '0A000 cannot make a superuser of a user whose password is disabled'],
    [
      'alter user disabled createuser password null',
      '0A000 cannot make a superuser of a user whose password is disabled',
    ],
    ['alter user crowd createuser', '42704 user "crowd" does not exist'],
    ['alter user u externalid x', '0A000 the password of a user with an EXTERNALID must be disabled'],
    ['alter user boss externalid x', '0A000 the password of a user with an EXTERNALID must be disabled'],
    ['alter user u rename to "IAM:u:g"', '42939 role name "IAM:u:g" is reserved'],
    ['alter user u rename to PUBLIC', '42939 role name "public" is reserved'],
    ['alter user keyshift_gateway set work_mem to 5', '42939 role name "keyshift_gateway" is reserved'],
    ['alter user u session timeout 5', '22023 SESSION TIMEOUT must be between 60 and 1728000 seconds'],
    ["alter user current_user password 'Abcd1234'", '0A000 ALTER USER needs the name of a user'],
    ['alter user session_user createdb', '0A000 ALTER USER needs the name of a user'],
  ])('refuses %s', async (sql, expected) => {
    expect(await outcome(sql)).toBe(expected);
  });

  it('lets ordinary users set their password unless it is disabled', async () => {
    expect(await outcome("alter user u password 'Abcd1234'", { currentIsSuperuser: false })).toBe(
      'unchanged',
    );
    expect(await outcome("alter user disabled password 'Abcd1234'", { currentIsSuperuser: false })).toBe(
      '42501 password of user "disabled" is disabled',
    );
  });

  it('leaves it to PostgreSQL to refuse what ordinary users may not do', async () => {
    const ordinary = { currentIsSuperuser: false };
    expect(await outcome("alter user disabled valid until 'infinity'", ordinary)).toBe('unchanged');
    expect(await outcome('alter user u password disable', ordinary)).toBe(`ALTER USER "u" ${DISABLED}`);
  });

  it.each([
    ["alter user second password 'Abcd1234'", `ALTER USER "second" PASSWORD 'Abcd1234'`],
    ["alter user second valid until '2030-01-01'", `ALTER USER "second" VALID UNTIL '2030-01-01'`],
    ['alter user second set search_path to a, b', 'ALTER USER "second" set search_path to a, b'],
    ['alter user second reset all', 'ALTER USER "second" reset all'],
    ['alter user second session timeout 60', `ALTER USER "second" SET idle_session_timeout = '60s'`],
  ])('by a superuser of another one makes it an ordinary user meanwhile: %s', async (sql, expected) => {
    const meanwhile = `CALL keyshift.demote_user('second', true); ${expected}; CALL keyshift.promote_user('second');`;
    expect(await outcome(sql)).toBe(`DO $ks$ BEGIN ${meanwhile} END $ks$`);
    // Of itself, and by an ordinary user, it is for PostgreSQL to judge.
    const own = await outcome(sql, { currentUser: 'second' });
    const ordinary = await outcome(sql, { currentUser: 'u', currentIsSuperuser: false });
    for (const other of [own, ordinary]) expect(['unchanged', expected]).toContain(other);
  });

  it('by a superuser can rename another one', async () => {
    expect(await outcome('alter user second rename to third')).toBe(
      `DO $ks$ BEGIN CALL keyshift.demote_user('second', true); ALTER USER "second" RENAME TO "third"; ALTER USER "third" PASSWORD NULL; CALL keyshift.promote_user('third'); END $ks$`,
    );
  });

  it.each([
    ['alter user u set search_path to a, b', 'set search_path to a, b'],
    ['alter user u reset all', 'reset all'],
    ['alter user current_user set work_mem to 5', 'set work_mem to 5'],
    ['alter user session_user reset work_mem', 'reset work_mem'],
    ["alter user u password 'Abcd1234'", `PASSWORD 'Abcd1234'`],
  ])('of itself in a session with groups is run as the user: %s', async (sql, expected) => {
    const session = { currentUser: 'u', currentIsSuperuser: false };
    expect(await outcome(sql, { ...session, underSessionRole: true })).toBe(
      `DO $ks$ DECLARE role_before text := pg_catalog.current_setting('role'); BEGIN SET LOCAL ROLE "u"; ` +
        `ALTER USER "u" ${expected}; PERFORM pg_catalog.set_config('role', role_before, true); END $ks$`,
    );
    expect(await outcome(sql, session)).toBe('unchanged');
  });

  it('of others in a session with groups is as in any session', async () => {
    const session = { currentUser: 'u', currentIsSuperuser: false, underSessionRole: true };
    expect(await outcome('alter user v set search_path to a', session)).toBe('unchanged');
    expect(await outcome('alter user v rename to w', session)).toBe('unchanged');
  });

  it('asks about a user only when the answer matters', async () => {
    const asked: string[] = [];
    const ask = { onAsk: (name: string) => asked.push(name) };
    const ordinary = { ...ask, currentIsSuperuser: false };
    const plain = 'alter user a set x to 1; alter user b rename to c; alter user d createdb; drop user e, e';
    await outcome(plain, ordinary);
    await outcome('create user f password disable; alter user boss set x to 1; drop user boss', ask);
    expect(asked).toEqual([]);
    await outcome('alter user g password disable; alter user g createdb password disable', ordinary);
    expect(asked).toEqual(['g']);
    // A superuser alters and drops other superusers by other words than ordinary users.
    asked.length = 0;
    await outcome(plain, ask);
    expect(asked).toEqual(['a', 'b', 'd', 'e']);
  });
});

describe('DROP USER', () => {
  it.each([
    ['drop user u', ' DROP USER "u";'],
    ['drop user if exists u, nobody', ' DROP USER IF EXISTS "u", "nobody";'],
    ['drop user boss', ' DROP USER "boss";'],
    ['drop group crowd', ' DROP GROUP "crowd";'],
    ['drop user second', ` CALL keyshift.demote_user('second', false); DROP USER "second";`],
    [
      'drop user if exists u, second, second',
      ` CALL keyshift.demote_user('second', false); DROP USER IF EXISTS "u", "second", "second";`,
    ],
  ])('%s, and says in Redshift’s words what is in the way', async (sql, expected) => {
    const result = await outcome(sql);
    expect(result).toContain(`BEGIN${expected} EXCEPTION WHEN dependent_objects_still_exist THEN`);
    expect(result).toMatch(/^DO \$ks\$ DECLARE .* END \$ks\$$/s);
  });

  it('of a superuser that the same text makes', async () => {
    expect(await outcome("create user n createuser password 'Abcd1234'; drop user n")).toMatch(
      /; DO \$ks\$ DECLARE .*CALL keyshift.demote_user\('n', false\); DROP USER "n";/s,
    );
  });

  it('of an ordinary user is left to PostgreSQL to refuse', async () => {
    expect(await outcome('drop user second', { currentIsSuperuser: false })).toBe('unchanged');
  });
});

describe('groups and other statements', () => {
  it.each([
    ['create group g', `CREATE GROUP "g" ${ADMIN}`],
    ['create group g with user u, v', `CREATE GROUP "g" ROLE "u", "v" ${ADMIN}`],
    ['create group g user u', `CREATE GROUP "g" ROLE "u" ${ADMIN}`],
    ['create group g login', 'unchanged'],
    ['create group g createuser', 'unchanged'],
    ['create group __g', '42939 role name "__g" is reserved'],
    ['create group _g', `CREATE GROUP "_g" ${ADMIN}`],
    ['create group g with user "IAM:u"', `CREATE GROUP "g" ROLE "IAM:u" ${ADMIN}`],
    ['create group g with user "IAM:u:"', '42939 role name "IAM:u:" is reserved'],
    ['create group "IAM:g"', '42939 role name "IAM:g" is reserved'],
    ['alter group g rename to __g', '42939 role name "__g" is reserved'],
    ['alter group keyshift_superuser add user u', '42939 role name "keyshift_superuser" is reserved'],
    ['alter group g add user keyshift_gateway', '42939 role name "keyshift_gateway" is reserved'],
    ['drop user u, "IAM:u:"', '42939 role name "IAM:u:" is reserved'],
    ['drop user if exists keyshift_superuser', '42939 role name "keyshift_superuser" is reserved'],
    [`drop group ${'g'.repeat(64)}`, `42622 identifier "${'g'.repeat(64)}" is too long`],
    ['grant select on t to group g with grant option', '0A000 grant options cannot be granted to a group'],
    [
      'grant all on schema s to u, group g with grant option',
      '0A000 grant options cannot be granted to a group',
    ],
    ['grant select on t to "group" with grant option', 'unchanged'],
    ['grant select on t to u with grant option', 'unchanged'],
  ])('%s', async (sql, expected) => {
    expect(await outcome(sql)).toBe(expected);
  });

  it.each([
    ['an option given twice', 'create user u createdb nocreatedb'],
    ['two kinds of password', "create user u password disable password 'Abcd1234'"],
    ['an unknown option', 'create user u password disable frobnicate'],
    ['a missing value', 'create user u session timeout'],
    ['a reserved word for a name', 'create user user password disable'],
    ['a quoted keyword', 'create "user" u password disable'],
    ['a quoted first keyword', '"create" user u password disable'],
    ['a Kelvin sign in a keyword', 'create user u password nul\u212a disable'],
    ['a letter beyond ASCII that folds into one', 'create user u pa\u017f\u017fword disable'],
    ['a space beyond ASCII', 'create\u00a0user u password disable'],
    ['a quoted DISABLE', 'create user u password "disable"'],
    ['an open string after it', "create user u password disable; select 'x"],
    ['an open comment after it', 'create user u password disable; /* x'],
    [
      'a function body in SQL beside it',
      'create user u password disable; create function f() begin atomic; end',
    ],
    ['parentheses around it', '(create user u password disable)'],
    ['EXPLAIN before it', 'explain create user u password disable'],
    ['PREPARE before it', 'prepare p as create user u password disable'],
  ])('are left to PostgreSQL: %s', async (_what, sql) => {
    expect(await outcome(sql)).toBe('unchanged');
  });
});

describe('texts of many statements', () => {
  it('change only where user DDL stands', async () => {
    const sql =
      " /* a */select 'create user x' ;\n\tCREATE -- b\nUSER/* c /* d */ */u PASSWORD\fDISABLE -- e\n;select 2;; ";
    expect(await outcome(sql)).toBe(
      ` /* a */select 'create user x' ;\n\tCREATE USER "u" ${DISABLED} ${ADMIN} -- e\n;select 2;; `,
    );
  });

  it('are refused whole when one statement is', async () => {
    expect(await outcome('create user u; alter user boss password disable')).toMatch(/^0A000/);
  });

  it('take earlier statements into account that have not run yet', async () => {
    expect(
      await outcome("create user n createuser password 'Abcd1234'; alter user n password disable"),
    ).toMatch(/^0A000/);
    expect(await outcome('alter user u rename to v; alter user v password disable')).toBe(
      `${renamed('')}; ALTER USER "v" ${DISABLED}`,
    );
    expect(await outcome('alter user boss rename to w; alter user w password disable')).toMatch(/^0A000/);
    expect(await outcome('alter user second nocreateuser; alter user second password disable')).toBe(
      `CALL keyshift.demote_user('second', false); ALTER USER "second" ${DISABLED}`,
    );
    expect(await outcome("create user n; alter user n password 'Abcd1234'")).toContain("'infinity'");
    expect(await outcome("create user n password disable; alter user n password 'Abcd1234'")).toContain(
      `ALTER USER "n" PASSWORD 'Abcd1234' VALID UNTIL 'infinity'`,
    );
    expect(await outcome('drop user boss; create user boss; alter user boss password disable')).toMatch(
      /DROP USER "boss"; EXCEPTION .*; CREATE.*; ALTER/s,
    );
  });

  it('mean the same when standard_conforming_strings is off', async () => {
    const hidden = "select 'a\\'; create user u password disable; --'";
    expect(await outcome(hidden, { standardConformingStrings: false })).toBe('unchanged');
    const sql = "alter user u nocreateuser valid until 'a\\\\b'";
    expect(await outcome(sql, { standardConformingStrings: false })).toBe(
      `ALTER USER "u" VALID UNTIL E'a\\\\b'`,
    );
    expect(await outcome(sql)).toBe(`ALTER USER "u" VALID UNTIL E'a\\\\\\\\b'`);
  });

  it('are passed over when they are too long to be looked into', () => {
    const padding = ' '.repeat(LIMITS.ddlStatementBytesMax - 'create user u'.length);
    expect(mayHoldUserDdl(`create user u${padding}`)).toBe(true);
    expect(mayHoldUserDdl(`create user u${padding} `)).toBe(false);
  });

  it.each([
    ['select * from users', false],
    ['select a from t group by a', false],
    ['create table users (id int)', false],
    ['CrEaTe\nUsEr u', true],
    ['alter/**/group g add user u', true],
  ])('cost nothing unless they have the words: %j', (sql, expected) => {
    expect(mayHoldUserDdl(sql)).toBe(expected);
  });
});
