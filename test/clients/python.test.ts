import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Keyshift } from '../walk/support/keyshift.ts';
import { issue } from '../walk/support/logins.ts';
import { needs } from '../walk/support/programs.ts';
import { type RunResult, run } from '../walk/support/run.ts';

// Python's drivers, unmodified: Amazon's redshift_connector, which gets the credentials itself, and psycopg.

let keyshift: Keyshift;

beforeAll(async () => {
  keyshift = await Keyshift.start();
});
afterAll(async () => {
  await keyshift?.close();
});

/** Runs a script that gets its arguments as JSON; its last line is what it says. */
function python(script: string, values: unknown): Promise<RunResult> {
  const environment = { ...keyshift.environment, SSL_CERT_FILE: keyshift.ready.caFile };
  return run(
    'python3',
    ['-c', `import json, sys\na = json.loads(sys.argv[1])\n${script}`, JSON.stringify(values)],
    environment,
  );
}

describe('redshift_connector', () => {
  const CONNECT = `
import redshift_connector
connection = redshift_connector.connect(**a)
cursor = connection.cursor()
`;
  const iam = () => ({
    iam: true,
    host: 'localhost',
    port: keyshift.ready.gatewayPort,
    database: 'exampledb',
    db_user: 'temp_creds_user',
    cluster_identifier: 'examplecluster',
    region: keyshift.root.region,
    access_key_id: keyshift.root.accessKeyId,
    secret_access_key: keyshift.root.secretAccessKey.reveal(),
    endpoint_url: keyshift.ready.httpUrl,
    ssl: true,
    sslmode: 'verify-full',
  });

  test('reads metadata by SHOW, as of servers that tell it to', async (context) => {
    needs(context, 'python3', ['-c', 'from redshift_connector import metadataServerProxy']);
    const script = `${CONNECT}
cursor.execute('create table public.parents (id int primary key)')
cursor.execute('create table public.children (id int primary key, parent int references public.parents on delete cascade)')
cursor.execute("create function public.doubled(n int, t varchar) returns int language sql as 'select 2 * n'")
cursor.execute("create procedure public.emptied(before date) language sql as 'delete from public.children'")
connection.parameter_statuses.append((b'show_discovery', b'4'))
for rows in [
  cursor.get_imported_keys('exampledb', 'public', 'children'),
  cursor.get_exported_keys('exampledb', 'public', 'parents'),
  cursor.get_primary_keys('exampledb', 'public', 'parents'),
  cursor.get_functions('exampledb', 'public', 'doub%'),
  cursor.get_function_columns('exampledb', 'public', 'doubled', '%'),
  cursor.get_procedures('exampledb', 'public', 'empt%'),
  cursor.get_procedure_columns('exampledb', 'public', 'emptied', 'be%'),
  cursor.get_tables('exampledb', 'public', 'child%', ['TABLE']),
  cursor.get_columns('exampledb', 'public', 'children', 'p%'),
  cursor.get_table_privileges('exampledb', 'public', 'children'),
  cursor.get_column_privileges('exampledb', 'public', 'children', '%'),
  cursor.get_schemas('exampledb', 'pub%'),
  cursor.get_catalogs(),
]:
  print(json.dumps([[column for column in row if column is not None] for row in rows], default=str))
`;
    const result = await python(script, { ...iam(), db_user: 'awsuser' });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const answers = result.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown[][]);
    // Keys both ways, a primary key, a function with its result and arguments, a procedure, a table, a column.
    expect(answers.slice(0, 9).map((rows) => rows.length)).toEqual([1, 1, 1, 1, 3, 1, 1, 1, 1]);
    const [imported, exported] = answers;
    for (const keys of [imported, exported]) {
      expect(keys?.[0]).toEqual(
        expect.arrayContaining(['parents', 'id', 'children', 'parent', 'parents_pkey']),
      );
    }
    expect(answers[7]?.[0]).toEqual(
      expect.arrayContaining(['children', 'TABLE', 'awsuser', 'REGULAR TABLE']),
    );
    expect(answers.flat(2)).toContain('public');
  });

  test('gets credentials, logs in with groups and reads', async (context) => {
    needs(context, 'python3', ['-c', 'import redshift_connector']);
    const script = `${CONNECT}
cursor.execute('select current_database(), keyshift.session_user_name()::text')
print(json.dumps(cursor.fetchone()))
cursor.execute('select count(*), sum(amount)::text from example.sales where region = %s', ('north',))
print(json.dumps(cursor.fetchone()))
`;
    const result = await python(script, { ...iam(), auto_create: true, db_groups: ['example_group'] });
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [who, count] = result.stdout.trim().split('\n');
    expect(JSON.parse(who ?? '')).toEqual(['exampledb', 'temp_creds_user']);
    expect(JSON.parse(count ?? '')).toEqual([75, expect.stringMatching(/^\d+\.\d\d$/)]);
  });

  test("runs Redshift's user DDL as the master user, inside its transaction", async (context) => {
    needs(context, 'python3', ['-c', 'import redshift_connector']);
    const script = `${CONNECT}
cursor.execute('create user from_python password disable')
cursor.execute('create group python_group with user from_python')
connection.commit()
cursor.execute("select count(*) from pg_user where usename = 'from_python'")
print(cursor.fetchone()[0])
cursor.execute('drop group python_group')
cursor.execute('drop user from_python')
connection.commit()
`;
    const result = await python(script, { ...iam(), db_user: 'awsuser' });
    expect(result).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  });

  test('says why a login is refused', async (context) => {
    needs(context, 'python3', ['-c', 'import redshift_connector']);
    const result = await python(CONNECT, { ...iam(), db_user: 'nobody' });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('user "IAM:nobody" does not exist');
  });
});

describe('psycopg', () => {
  test('logs in with a temporary login and prepares statements', async (context) => {
    needs(context, 'python3', ['-c', 'import psycopg']);
    const { user, password } = await issue(keyshift, { dbName: 'exampledb', dbGroups: ['example_group'] });
    const { gatewayHost: host, gatewayPort: port } = keyshift.ready;
    const script = `
import psycopg
with psycopg.connect(sslmode='verify-full', **a) as connection:
    for _ in range(8):
        count = connection.execute('select count(*) from example.sales where region = %s', ('north',)).fetchone()[0]
    with connection.cursor() as cursor:
        cursor.execute('create temp table t (n int)')
        with cursor.copy('copy t from stdin') as copy:
            for n in range(1000):
                copy.write_row((n,))
        cursor.execute('select sum(n) from t')
        print(count, cursor.fetchone()[0])
`;
    const result = await python(script, { host, port, dbname: 'exampledb', user, password });
    expect(result).toEqual({ code: 0, stdout: '75 499500\n', stderr: '' });
  });
});
