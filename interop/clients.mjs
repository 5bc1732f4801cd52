// The clients: what each is installed from (installations.mjs), how it is run, what is tried with it, and why not the
// rest.
// A program prints one line for each scenario: `ok <scenario>`, or `failed <scenario>: <reason>`.
import { join } from 'node:path';

/** Clients whose page in docs/clients has strings that are run: those of its code blocks, in their order. */
export const PAGES = {
  'aws CLI': 'aws-sdks',
  redshift_connector: 'redshift-connector',
  'Redshift JDBC': 'redshift-jdbc',
  pgjdbc: 'pgjdbc',
  psql: 'psql',
  'psycopg 3': 'psycopg',
  SQLAlchemy: 'sqlalchemy',
  awswrangler: 'awswrangler',
  'node pg': 'node-pg',
  'postgres.js': 'postgres-js',
  'lib/pq': 'go',
  pgx: 'go',
  'dbt-redshift': 'dbt',
};

/** Clients that no registry has, so that nothing here can run them. */
export const WITHOUT_PROGRAM = {
  'Redshift ODBC':
    'it is in no package registry; test/clients/odbc.test.ts replays its calls and its start-up',
  'paws for R': 'it is in none of the registries that this installs from',
};

const python = (venv) => join(venv, 'bin', 'python');

const WIRE = ['host', 'groups', 'expired', 'database', 'plain', 'verify'];

const py = (name, file, scenarios) => ({
  name,
  installation: 'python',
  command: (cache) => [python(cache), `python/${file}`],
  scenarios,
});
const js = (name, file, scenarios) => ({
  name,
  installation: 'node',
  // Modules are found from the file's own folder, so the programs run from where they are installed.
  copy: [`node/${file}`, 'node/scenarios.mjs'],
  command: (cache) => ['node', join(cache, file)],
  scenarios,
});
const jvm = (name, file, scenarios) => ({
  name,
  installation: 'java',
  command: (cache) => ['java', '-cp', join(cache, '*'), `java/${file}`],
  scenarios,
});
const golang = (name, scenarios) => ({
  name,
  installation: 'go',
  command: (cache) => [join(cache, 'interop'), name],
  scenarios,
});

const ALL = [
  {
    name: 'aws CLI',
    installation: 'python',
    command: (cache) => ['bash', 'shell/aws-cli.sh', join(cache, 'bin', 'aws')],
    scenarios: ['api', 'iam'],
  },
  py('boto3', 'boto3_client.py', ['api', 'iam']),
  js('AWS SDK for JavaScript v3', 'aws-sdk.mjs', ['api', 'iam']),
  jvm('AWS SDK for Java v2', 'AwsSdk.java', ['api', 'iam']),
  golang('AWS SDK for Go v2', ['api', 'iam']),
  py('redshift_connector', 'redshift_connector_client.py', [
    'host',
    'describe',
    'iam',
    'groups',
    'expired',
    'database',
    'verify',
    'prepared',
  ]),
  jvm('Redshift JDBC', 'RedshiftJdbc.java', [
    'host',
    'describe',
    'iam',
    'groups',
    'expired',
    'database',
    'plain',
    'verify',
    'cancel',
    'prepared',
    'pool',
  ]),
  jvm('pgjdbc', 'PgJdbc.java', [...WIRE, 'metadata', 'cancel', 'prepared']),
  {
    name: 'psql',
    installation: 'psql',
    command: () => ['bash', 'shell/psql.sh'],
    scenarios: [...WIRE, 'metadata', 'cancel'],
  },
  py('psycopg 3', 'psycopg_client.py', [...WIRE, 'cancel', 'prepared']),
  py('SQLAlchemy', 'sqlalchemy_client.py', ['host', 'prepared', 'pool']),
  py('awswrangler', 'awswrangler_client.py', ['host', 'groups']),
  js('node pg', 'pg.mjs', [...WIRE, 'cancel', 'prepared', 'pool']),
  js('postgres.js', 'postgres-js.mjs', [...WIRE, 'cancel', 'prepared']),
  golang('lib/pq', [...WIRE, 'cancel', 'prepared']),
  golang('pgx', [...WIRE, 'cancel', 'prepared']),
  {
    name: 'dbt-redshift',
    installation: 'dbt',
    command: (cache) => ['bash', 'dbt/run.sh', join(cache, 'bin', 'dbt')],
    scenarios: ['host'],
  },
  {
    name: 'pgbouncer',
    installation: 'pgbouncer',
    command: () => ['bash', 'shell/pgbouncer.sh'],
    scenarios: ['host', 'prepared'],
  },
  {
    name: 'Terraform',
    installation: 'terraform',
    command: (cache) => ['node', 'terraform/walk.mjs', cache],
    scenarios: ['lifecycle'],
  },
];

export const CLIENTS = ALL.map((client) => ({
  without: {},
  ...client,
  scenarios: [...client.scenarios, ...(PAGES[client.name] === undefined ? [] : ['documented'])],
}));
