// The clients: what each needs, how it is installed into the cache, how it is run, and what is tried with it.
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

const python = (venv) => join(venv, 'bin', 'python');

/** Installations that several clients share. `steps` run in `folder` with the cache folder as CACHE. */
export const INSTALLATIONS = {
  python: {
    needs: ['python3'],
    files: ['python/requirements.txt'],
    steps: [
      ['python3', '-m', 'venv', '$CACHE'],
      [
        '$CACHE/bin/pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '-r',
        'python/requirements.txt',
      ],
    ],
  },
  dbt: {
    needs: ['python3'],
    files: ['dbt/requirements.txt'],
    steps: [
      ['python3', '-m', 'venv', '$CACHE'],
      ['$CACHE/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', 'dbt/requirements.txt'],
    ],
  },
  node: {
    needs: ['npm'],
    files: ['node/package.json', 'node/package-lock.json'],
    steps: [
      ['cp', 'node/package.json', 'node/package-lock.json', '$CACHE'],
      ['npm', 'ci', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', '$CACHE'],
    ],
  },
  java: {
    needs: ['javac', 'mvn'],
    files: ['java/pom.xml'],
    steps: [
      [
        'mvn',
        '--quiet',
        '--batch-mode',
        '--file',
        'java/pom.xml',
        'dependency:copy-dependencies',
        '-DoutputDirectory=$CACHE',
      ],
    ],
  },
  go: {
    needs: ['go'],
    files: ['go/go.mod', 'go/go.sum', 'go/main.go', 'go/api.go', 'go/sql.go', 'go/scenarios.go'],
    steps: [['go', 'build', '-C', 'go', '-o', '$CACHE/interop', '.']],
  },
  terraform: {
    needs: ['terraform'],
    files: ['terraform/main.tf'],
    steps: [['node', 'terraform/install.mjs', '$CACHE']],
  },
  psql: { needs: ['psql'], files: [], steps: [] },
  pgbouncer: { needs: ['pgbouncer', 'psql'], files: [], steps: [] },
};

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

export const CLIENTS = [
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
