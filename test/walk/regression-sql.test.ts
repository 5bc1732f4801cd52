import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { CLUSTER, startWithExternal } from './support/external.ts';
import { Keyshift } from './support/keyshift.ts';
import { issue, type Login, logIn } from './support/logins.ts';
import { needs, skip } from './support/programs.ts';
import {
  type Difference,
  differences,
  isExpected,
  type PsqlTarget,
  psqlOutput,
  type RegressionFiles,
  schedule,
} from './support/regression.ts';
import { clusterServers, sqlIn } from './support/servers.ts';
import { SUPERUSER, TcpServer } from './support/tcp-server.ts';

/**
 * PostgreSQL's own regression SQL prints through the gateway what it prints on the server itself, byte by byte. The
 * files come from PostgreSQL's source (KEYSHIFT_REGRESS_DIR, see scripts/fetch-regression-sql.sh). Each way in is run
 * three times: directly, through the gateway, and directly again, which shows what differs from run to run.
 */

const FOLDER = process.env['KEYSHIFT_REGRESS_DIR'];
/** Names of tests, or `all`, and with a minus names of those to leave out. Without it a few, in two ways. */
const WANTED = process.env['KEYSHIFT_REGRESS_TESTS']?.split(/\s+/);
/** Of a server of another version than the embedded one, as a package of its programs. */
const PACKAGE = process.env['KEYSHIFT_REGRESS_POSTGRES'];
const LIBRARY = process.env['KEYSHIFT_REGRESS_LIB'];

/** A few seconds' worth that has a bit of all: types, queries, COPY both ways, cursors, transactions, errors, roles. */
const FEW =
  `test_setup boolean strings interval copy copyselect insert_conflict transactions portals errors prepare
  plancache largeobject psql_crosstab temp`.split(/\s+/);

const TESTER = 'regression_tester';
const PASSWORD = 'Regression-Password-1';

/** One server with a Keyshift before it. */
interface Ground {
  readonly keyshift: Keyshift;
  readonly cluster: string;
  /** For a role that has the password above. */
  readonly direct: string;
  sql(statement: string, database?: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

async function external(): Promise<Ground> {
  const server = await TcpServer.start({ packageDir: PACKAGE });
  const keyshift = await startWithExternal(server.url(SUPERUSER));
  return {
    ...{ keyshift, cluster: CLUSTER, direct: `host=127.0.0.1 port=${server.port}` },
    sql: (statement, database = 'postgres') => server.sql(statement, { database }),
    close: async () => {
      await keyshift.close();
      await server.close();
    },
  };
}

async function embedded(): Promise<Ground> {
  const keyshift = await Keyshift.start();
  const [server = ''] = clusterServers(keyshift.dataDir);
  return {
    ...{ keyshift, cluster: 'examplecluster', direct: `host=${server} port=5432` },
    sql: (statement, database = 'postgres') => sqlIn(server, database, statement),
    close: () => keyshift.close(),
  };
}

interface Way {
  readonly title: string;
  readonly ground: () => Promise<Ground>;
  /** A superuser of the server's own, who logs in by password; else the tester with a temporary login. */
  readonly isSuperuser?: boolean;
  readonly groups?: readonly string[];
  /** Whether it is among the few that always run. */
  readonly isShort?: boolean;
  /** Tests that differ, with the reason. Those of `docs/differences.md`. */
  readonly known: ReadonlyMap<string, string>;
}

const NAME = 'it shows the name of the session role, or compares current_user with session_user';
const USER_DDL = "CREATE USER and CREATE GROUP mean Redshift's";

const WAYS: readonly Way[] = [
  {
    title: 'a superuser with a password',
    ground: external,
    isSuperuser: true,
    known: new Map([
      ['roleattributes', USER_DDL],
      ['privileges', USER_DDL],
    ]),
  },
  {
    title: 'a temporary login, on the embedded server',
    ground: embedded,
    isShort: true,
    known: new Map([['privileges', USER_DDL]]),
  },
  {
    title: 'a temporary login, on a server of others',
    ground: external,
    known: new Map([
      ['privileges', USER_DDL],
      ['triggers', NAME],
      ['update', NAME],
    ]),
  },
  {
    title: 'a temporary login with a group, on the embedded server',
    ground: embedded,
    groups: ['regression_group'],
    isShort: true,
    known: new Map([
      ['create_schema', NAME],
      ['rowsecurity', NAME],
      ['privileges', USER_DDL],
      ['triggers', NAME],
      ['update', NAME],
      ['plpgsql', 'a function that changed its owner is compiled again, and warns again'],
      [
        'sequence',
        'CREATE SEQUENCE … OWNED BY wants an owner that is the session role until the command ends',
      ],
    ]),
  },
];

function wanted(files: RegressionFiles): string[] {
  const names = WANTED === undefined ? FEW : ['test_setup', ...WANTED];
  return schedule(files).filter(
    (name) => (names.includes('all') || names.includes(name)) && !names.includes(`-${name}`),
  );
}

/** Back to a server on which nothing was tested, and a new database on it that Keyshift knows. */
async function fresh(ground: Ground, owner: string): Promise<void> {
  const { keyshift, cluster, sql } = ground;
  const found = await sql(`SELECT datname AS name FROM pg_database WHERE datname LIKE 'regression%'`);
  for (const { name } of found) await sql(`DROP DATABASE "${name}" WITH (FORCE)`);
  await sql('DROP TABLESPACE IF EXISTS regress_tblspace');
  // Some belong to others, and go when these are gone.
  for (let turn = 0; turn < 3; turn++) {
    for (const { name } of await sql(`SELECT rolname AS name FROM pg_roles WHERE rolname ~ '^regress_'`)) {
      await sql(`DROP OWNED BY "${name}"; DROP ROLE "${name}"`).catch(() => {});
    }
  }
  expect(await sql(`SELECT rolname FROM pg_roles WHERE rolname ~ '^regress_'`)).toEqual([]);
  await sql(`CREATE DATABASE regression TEMPLATE template0 OWNER ${owner}`);
  // As pg_regress does.
  for (const setting of ['lc_messages', 'lc_monetary', 'lc_numeric', 'lc_time'])
    await sql(`ALTER DATABASE regression SET ${setting} TO 'C'`);
  await sql(`ALTER DATABASE regression SET bytea_output TO 'hex'`);
  await sql(`ALTER DATABASE regression SET timezone_abbreviations TO 'Default'`);
  await sql(`UPDATE pg_language SET lanpltrusted = true WHERE lanname = 'c'`, 'regression');
  const login = await issue(keyshift, { clusterIdentifier: cluster, dbUser: TESTER });
  await (await logIn(keyshift, login, { database: 'regression' })).end();
}

const targetOf = (conninfo: string, login: Login): PsqlTarget => ({
  conninfo: `${conninfo} dbname=regression user=${login.user}`,
  password: login.password,
});

async function loginOf({ keyshift, cluster }: Ground, way: Way): Promise<Login> {
  if (way.isSuperuser === true) return { user: 'regression_super', password: PASSWORD };
  const wanted = { clusterIdentifier: cluster, dbUser: TESTER, dbGroups: way.groups ?? [] };
  return issue(keyshift, { ...wanted, durationSeconds: 3600 });
}

const RUN = WANTED === undefined ? WAYS.filter(({ isShort }) => isShort) : WAYS;

describe.each(RUN.map((way) => [way.title, way] as const))('%s', (_title, way) => {
  test(
    "PostgreSQL's regression SQL prints the same through the gateway",
    async (context) => {
      if (FOLDER === undefined) return skip(context, 'the SQL is not here: scripts/fetch-regression-sql.sh');
      needs(context, 'psql');
      needs(context, 'diff');
      const output = mkdtempSync(join(tmpdir(), 'keyshift-regression-'));
      mkdirSync(join(output, 'results'));
      for (const path of [output, join(output, 'results')]) chmodSync(path, 0o777);
      const files: RegressionFiles = { folder: FOLDER, library: LIBRARY ?? FOLDER, output };
      const ground = await way.ground();
      try {
        await ground.sql(`CREATE ROLE ${TESTER} LOGIN PASSWORD '${PASSWORD}'; CREATE ROLE regression_group;
          CREATE ROLE regression_super LOGIN SUPERUSER PASSWORD '${PASSWORD}';
          GRANT pg_read_server_files, pg_write_server_files, pg_monitor TO ${TESTER}`);
        const user = way.isSuperuser === true ? 'regression_super' : TESTER;
        const direct = targetOf(ground.direct, { user, password: PASSWORD });
        const { gatewayHost, gatewayPort, caFile } = ground.keyshift.ready;
        const gateway = `host=${gatewayHost} port=${gatewayPort} sslmode=verify-full sslrootcert=${caFile}`;
        const names = wanted(files);
        const pass = async (target: () => Promise<PsqlTarget>) => {
          await fresh(ground, user);
          const to = await target();
          const outputs: string[] = [];
          for (const name of names) outputs.push(await psqlOutput(files, name, to));
          return outputs;
        };
        const first = await pass(async () => direct);
        const through = await pass(async () => targetOf(gateway, await loginOf(ground, way)));
        const again = await pass(async () => direct);
        const differing: Record<string, readonly Difference[]> = {};
        for (const [n, name] of names.entries()) {
          const found = await differences(first[n] ?? '', again[n] ?? '', through[n] ?? '');
          if (found.length > 0) differing[name] = found;
        }
        const expected = names.filter((name, n) => isExpected(files, name, first[n] ?? ''));
        const same = names.length - Object.keys(differing).length;
        process.stdout.write(
          `${way.title}: ${same} of ${names.length} files are identical, ${expected.length} of them are ` +
            `what PostgreSQL expects of a superuser; others: ${Object.keys(differing).join(', ') || 'none'}\n`,
        );
        for (const name of way.known.keys()) delete differing[name];
        expect(differing).toEqual({});
        // A pass that reached nothing would be the same too.
        expect(through.every((text) => text.includes(';'))).toBe(true);
        expect(through.join()).not.toContain('psql: error');
      } finally {
        await ground.close();
        rmSync(output, { recursive: true, force: true });
      }
    },
    WANTED === undefined ? 120_000 : 3_000_000,
  );
});
