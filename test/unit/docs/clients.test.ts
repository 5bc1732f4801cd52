import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { ROOT, readTexts } from '../../tidy/repository.ts';

/** The pages of docs/clients, whose strings `npm run interop` runs, and the table of what it tries with each client. */

interface Client {
  readonly name: string;
  readonly scenarios: readonly string[];
  /** Scenarios that are not tried, each with the reason. */
  readonly without: Readonly<Record<string, string>>;
}

interface Clients {
  readonly CLIENTS: readonly Client[];
  readonly PAGES: Readonly<Record<string, string>>;
  readonly WITHOUT_PROGRAM: Readonly<Record<string, string>>;
}

const load = (file: string) => import(pathToFileURL(`${ROOT}interop/${file}`).href);
const { CLIENTS, PAGES, WITHOUT_PROGRAM }: Clients = await load('clients.mjs');
const { SCENARIOS }: { readonly SCENARIOS: Readonly<Record<string, string>> } = await load('scenarios.mjs');

const TEXTS = new Map(
  [...readTexts('docs/clients', '.md')].map(([path, text]) => [path.replace(/^.*\/|\.md$/g, ''), text]),
);
const blocksOf = (page: string): string[] =>
  [...(TEXTS.get(page) ?? '').matchAll(/^```\w*\n(.*?)\n```$/gms)].map(([, block = '']) => block);

/** What the page of each client must have letter by letter; `…` stands for whatever a page puts there. */
const STRINGS: readonly (readonly [page: string, string: string])[] = [
  [
    'psql',
    'PGPASSWORD=$P psql "host=localhost port=5439 dbname=exampledb user=$U sslmode=verify-full sslrootcert=ca.crt"',
  ],
  [
    'psql',
    '"postgresql://IAM%3Atemp_creds_user:…@localhost:5439/exampledb?sslmode=verify-full&sslrootcert=ca.crt"',
  ],
  [
    'redshift-connector',
    'redshift_connector.connect(iam=True, host="localhost", port=5439, database="exampledb", db_user="temp_creds_user", cluster_identifier="examplecluster", region="us-east-1", endpoint_url=…)',
  ],
  ['redshift-connector', 'SSL_CERT_FILE=ca.crt'],
  [
    'redshift-jdbc',
    'jdbc:redshift:iam://localhost:5439/exampledb?ClusterID=examplecluster&Region=us-east-1&EndpointUrl=…&StsEndpointUrl=https…&DbUser=temp_creds_user&AutoCreate=true&DbGroups=example_group&sslRootCert=ca.crt',
  ],
  ['redshift-jdbc', 'jdbc:redshift:iam://examplecluster:us-east-1/exampledb?…'],
  [
    'redshift-odbc',
    'Driver=…;IAM=1;Host=localhost;Port=5439;Database=exampledb;ClusterId=examplecluster;Region=us-east-1;DbUser=temp_creds_user;AccessKeyID=…;SecretAccessKey=…;EndPointUrl=…;StsEndpointUrl=https…;CaFile=ca.crt;SSLMode=verify-ca',
  ],
  ...[
    'type: redshift\nmethod: iam\ncluster_id: …\nhost: localhost\nport: 5439\nuser: temp_creds_user\ndbname: …\nschema: …\nsslmode: verify-ca\nregion: …\nautocreate: true\ndb_groups: [example_group]\naccess_key_id: …\n',
    'type: redshift\nmethod: iam_role\ncluster_id: …\n',
    'AWS_ENDPOINT_URL=…',
  ].map((string) => ['dbt', string] as const),
  [
    'sqlalchemy',
    'redshift+psycopg2://IAM%3Au:PW@localhost:5439/exampledb?sslmode=verify-full&sslrootcert=ca.crt',
  ],
  ['sqlalchemy', '"redshift+redshift_connector://", connect_args=…'],
  ['psycopg', 'psycopg.connect(host=…, user=U, password=P, sslmode="verify-full", sslrootcert="ca.crt")'],
  [
    'pgjdbc',
    'jdbc:postgresql://localhost:5439/exampledb?user=IAM%3Au&password=…&sslmode=verify-full&sslrootcert=ca.crt\n',
  ],
  ['pgjdbc', 'jdbc:postgresql://…&sslNegotiation=direct\n'],
  ['node-pg', 'new Pool({host, port, user:"IAM:temp_creds_user", password: async()=>…, database, ssl:{ca}})'],
  ['postgres-js', 'postgres({host, port, user, pass: fn, ssl:{ca}})'],
  [
    'pgbouncer',
    'auth_file=…\nserver_tls_sslmode=verify-full\n…\nignore_startup_parameters=extra_float_digits\n',
  ],
  ...['aws-cli', 'boto3', 'aws-sdk-go'].map(
    (page) => [page, 'AWS_ENDPOINT_URL=https://localhost:8443 AWS_CA_BUNDLE=ca.crt\n'] as const,
  ),
  ...['aws-cli', 'boto3', 'aws-sdk-js', 'aws-sdk-java', 'aws-sdk-go'].map(
    (page) =>
      [
        page,
        'export AWS_ENDPOINT_URL=$ENDPOINT AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1\n',
      ] as const,
  ),
  ['aws-sdk-java', 'RedshiftClient.builder().endpointOverride(…)'],
  ['terraform', 'resource "aws_redshift_cluster" "warehouse" {…}\n'],
];

/** A string as a pattern. */
const patternOf = (string: string) =>
  new RegExp(string.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '[^]+?'));

/** Whether a page has a string, in a code block or, where it is a variable of the environment, in its text. */
const has = (page: string, string: string): boolean =>
  patternOf(string).test(
    string.startsWith('AWS_ENDPOINT_URL=…') || string.startsWith('SSL_CERT_FILE')
      ? (TEXTS.get(page) ?? '')
      : blocksOf(page)
          .map((block) => `${block}\n`)
          .join('\n'),
  );

describe('the pages of clients', () => {
  test('have the strings of their clients, letter by letter', () => {
    for (const [page, string] of STRINGS) {
      expect(has(page, string), `${page}: ${string}`).toBe(true);
      expect(has(page, string.replace(/[a-z]/i, '#')), `${page}: ${string}`).toBe(false);
    }
  });

  test('have one client each', () => {
    expect(new Set(Object.values(PAGES)).size).toBe(Object.keys(PAGES).length);
  });

  test('are each run by a client of interop, but for that of a driver that no registry has', () => {
    const run = new Set(Object.values(PAGES));
    const others = [...TEXTS.keys()].filter((page) => !run.has(page));
    expect(others.sort()).toEqual(['README', 'redshift-odbc']);
    expect([...run].filter((page) => !TEXTS.has(page))).toEqual([]);
  });

  test('that are run have a code block, and their client tries what is documented', () => {
    expect(Object.keys(PAGES).length).toBeGreaterThan(14);
    for (const [name, page] of Object.entries(PAGES)) {
      expect(blocksOf(page), page).not.toEqual([]);
      expect(CLIENTS.find((client) => client.name === name)?.scenarios, name).toContain('documented');
    }
  });

  test('are all linked from the first one', () => {
    for (const page of TEXTS.keys()) {
      if (page !== 'README') expect(TEXTS.get('README')).toContain(`(${page}.md)`);
    }
  });

  test('say the port and the certificate in the one way that interop replaces', () => {
    for (const page of Object.values(PAGES)) {
      for (const block of blocksOf(page)) expect(block).not.toMatch(/\/ca\.crt|localhost:(?!5439|8443)\d/);
    }
  });
});

describe('the matrix of interop', () => {
  test('tries every scenario with every client, or says why not', () => {
    const names = Object.keys(SCENARIOS);
    for (const { name, scenarios, without } of CLIENTS) {
      expect([...scenarios, ...Object.keys(without)].sort(), name).toEqual([...names].sort());
      for (const why of Object.values(without)) expect(why, name).toMatch(/^[a-z].{9,}[^.]$/);
      expect(scenarios.length, name).toBeGreaterThan(0);
    }
  });

  test('has every scenario with some client, and names the clients that nobody can run', () => {
    const tried = new Set(CLIENTS.flatMap(({ scenarios }) => scenarios));
    expect(Object.keys(SCENARIOS).filter((scenario) => !tried.has(scenario))).toEqual([]);
    expect(Object.keys(WITHOUT_PROGRAM)).toEqual(['Redshift ODBC', 'paws for R']);
  });
});
