// The clients: what each is installed from (installations.mjs), how it is run, and which scenarios are not tried with it,
// each with its reason. All others are.
// A program prints one line for each scenario: `ok <scenario>`, or `failed <scenario>: <reason>`.
import { join } from 'node:path';
import { SCENARIOS } from './scenarios.mjs';

/** Clients whose page in docs/clients has strings that are run: those of its code blocks, in their order. */
export const PAGES = {
  'aws CLI': 'aws-cli',
  boto3: 'boto3',
  'AWS SDK for JavaScript v3': 'aws-sdk-js',
  'AWS SDK for Java v2': 'aws-sdk-java',
  'AWS SDK for Go v2': 'aws-sdk-go',
  redshift_connector: 'redshift-connector',
  'Redshift JDBC': 'redshift-jdbc',
  pgjdbc: 'pgjdbc',
  psql: 'psql',
  'psycopg 3': 'psycopg',
  SQLAlchemy: 'sqlalchemy',
  awswrangler: 'awswrangler',
  'node pg': 'node-pg',
  'postgres.js': 'postgres-js',
  'lib/pq': 'lib-pq',
  pgx: 'pgx',
  'dbt-redshift': 'dbt',
  pgbouncer: 'pgbouncer',
  Terraform: 'terraform',
};

/** Clients that no registry has, so that nothing here can run them. */
export const WITHOUT_PROGRAM = {
  'Redshift ODBC':
    'it is in no package registry; test/clients/odbc.test.ts replays its calls and its start-up',
  'paws for R':
    'Debian has R and not paws; CRAN, which has it, is none of the registries that this installs from',
};

/** Why a scenario is not tried with a client. */
const API_ONLY = 'it speaks to the API only';
const SQL_ONLY = 'it knows nothing of the API: something else asks for its credentials';
const NO_CALLS = 'it has no calls for that';
const NOT_TERRAFORM = 'only Terraform keeps what it makes';

const all = (why, ...scenarios) => Object.fromEntries(scenarios.map((scenario) => [scenario, why]));
const WIRE = ['host', 'describe', 'groups', 'expired', 'database', 'plain'];
const SESSION = ['metadata', 'cancel', 'prepared', 'copy', 'pool'];
const NO_WIRE = { ...all(API_ONLY, ...WIRE, ...SESSION), ...all(NOT_TERRAFORM, 'lifecycle') };
const NO_API = {
  ...all(SQL_ONLY, 'api', 'iam', 'data', 'token', 'describe'),
  ...all(NOT_TERRAFORM, 'lifecycle'),
};
/** Drivers of Redshift call the API, but not for its own sake. */
const NO_PLAIN_API = {
  ...all('it calls the API only to connect', 'api', 'data'),
  ...all(NOT_TERRAFORM, 'lifecycle'),
};

const python = (venv) => join(venv, 'bin', 'python');

const py = (name, file, without) => ({
  name,
  installation: 'python',
  command: (cache) => [python(cache), `python/${file}`],
  without,
});
const js = (name, file, without) => ({
  name,
  installation: 'node',
  // Modules are found from the file's own folder, so the programs run from where they are installed.
  copy: [`node/${file}`, 'node/scenarios.mjs'],
  command: (cache) => ['node', join(cache, file)],
  without,
});
const jvm = (name, program, without) => ({
  name,
  installation: 'java',
  command: (cache) => ['java', '-cp', `${join(cache, '*')}:${join(cache, 'classes')}`, program],
  without,
});
const golang = (name, without) => ({
  name,
  installation: 'go',
  command: (cache) => [join(cache, 'interop'), name],
  without,
});
const shell = (name, installation, file, without) => ({
  name,
  installation,
  command: (cache) => ['bash', file, cache],
  without,
});

/** Every scenario is tried with every client, but for those that it is `without`. */
export const CLIENTS = [
  shell('aws CLI', 'python', 'shell/aws-cli.sh', NO_WIRE),
  py('boto3', 'boto3_client.py', NO_WIRE),
  js('AWS SDK for JavaScript v3', 'aws-sdk.mjs', NO_WIRE),
  jvm('AWS SDK for Java v2', 'AwsSdk', NO_WIRE),
  golang('AWS SDK for Go v2', NO_WIRE),
  py('redshift_connector', 'redshift_connector_client.py', {
    ...NO_PLAIN_API,
    cancel: 'it has no way to cancel a statement',
    copy: 'it does not know the messages of COPY',
    pool: 'it has no pool',
  }),
  jvm('Redshift JDBC', 'RedshiftJdbc', {
    ...NO_PLAIN_API,
    copy: 'it leaves the COPY of its origin out',
  }),
  jvm('pgjdbc', 'PgJdbc', NO_API),
  shell('psql', 'psql', 'shell/psql.sh', { ...NO_API, pool: 'it has no pool' }),
  py('psycopg 3', 'psycopg_client.py', { ...NO_API, metadata: NO_CALLS }),
  py('SQLAlchemy', 'sqlalchemy_client.py', NO_PLAIN_API),
  py('awswrangler', 'awswrangler_client.py', {
    ...all(NOT_TERRAFORM, 'lifecycle'),
    api: 'it calls the API only to connect and to run statements',
    expired: 'it asks for its own credentials as it connects, so there are no others to try',
    host: 'it always asks DescribeClusters',
    cancel: 'it has no way to cancel a statement',
    copy: 'its COPY is from S3, which is not here',
    pool: 'it has no pool',
  }),
  js('node pg', 'pg.mjs', { ...NO_API, metadata: NO_CALLS }),
  js('postgres.js', 'postgres-js.mjs', { ...NO_API, metadata: NO_CALLS }),
  golang('lib/pq', { ...NO_API, metadata: NO_CALLS }),
  golang('pgx', { ...NO_API, metadata: NO_CALLS }),
  shell('dbt-redshift', 'dbt', 'dbt/run.sh', {
    ...NO_PLAIN_API,
    describe: 'its profile must name a host',
    copy: NO_CALLS,
    pool: 'it has no pool',
  }),
  shell('pgbouncer', 'pgbouncer', 'shell/pgbouncer.sh', NO_API),
  {
    name: 'Terraform',
    installation: 'terraform',
    command: (cache) => ['node', 'terraform/walk.mjs', cache],
    without: all(API_ONLY, ...WIRE, ...SESSION),
  },
].map((client) => ({
  ...client,
  scenarios: Object.keys(SCENARIOS).filter((scenario) => client.without[scenario] === undefined),
}));
