import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { translateDialect } from '../../src/gateway/dialect/translate-dialect.ts';
import type { EmbeddedServer } from '../../src/postgres/embedded.ts';
import type { ServerAccess } from '../../src/postgres/server-access.ts';
import { startMasterServer } from './support/master-server.ts';

/** The queries by which clients read metadata, as the clients send them and as the gateway passes them on. */

const VECTORS = new URL('../vectors/metadata/', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, VECTORS), 'utf8');

interface Expected {
  /** Values, or queries that give them. */
  readonly parameters?: readonly (string | { readonly sql: string })[];
  /** Columns that are compared; others hold identifiers that differ from server to server. */
  readonly columns: readonly string[];
  /** Rows that name something of the schema `shop`, or all where the parameters choose, as texts. */
  readonly rows: readonly (readonly (string | null)[])[];
}

const clients = readdirSync(VECTORS, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const expectedOf = (client: string) =>
  JSON.parse(read(`${client}/expected.json`)) as Record<string, Expected>;
const queriesOf = (client: string): string[] =>
  readdirSync(new URL(`${client}/`, VECTORS)).filter((name) => name.endsWith('.sql'));

const folder = mkdtempSync(join(tmpdir(), 'keyshift-metadata-'));
let server: EmbeddedServer;
let access: ServerAccess;
let master: Client;

beforeAll(async () => {
  ({ server, access } = await startMasterServer(join(folder, 'cluster'), 'metadata', 30));
  master = new Client({ host: server.socketDir, port: server.port, user: 'master', database: 'dev' });
  await master.connect();
  await master.query('CREATE ROLE alice LOGIN; CREATE GROUP analysts');
  await master.query(read('schema.sql'));
});

afterAll(async () => {
  await master?.end();
  await access?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const OURS = /\b(?:shop|customers|orders|debtors|twice|clean|who buys|id)\b/;

/** What a query gives on the schema, as the client would send it through the gateway. */
async function answer(
  text: string,
  parameters: NonNullable<Expected['parameters']> = [],
): Promise<(string | null)[][]> {
  const values: string[] = [];
  for (const value of parameters) {
    values.push(
      typeof value === 'string'
        ? value
        : ((await master.query<[string]>({ text: value.sql, rowMode: 'array' })).rows[0]?.[0] ?? ''),
    );
  }
  const isChosen = parameters.some((value) => typeof value !== 'string');
  const { rows, fields } = await master.query<(string | null)[]>({
    text: translateDialect(text) ?? text,
    values,
    rowMode: 'array',
    types: { getTypeParser: () => (value: unknown) => value },
  });
  const names = fields.map(({ name }) => name);
  return [
    names,
    ...rows.filter((row) => isChosen || row.some((value) => value !== null && OURS.test(value))),
  ];
}

const inOrder = (rows: readonly (readonly (string | null)[])[]) =>
  rows.map((row) => JSON.stringify(row)).sort();

describe.each(clients)('%s', (client) => {
  const expected = expectedOf(client);

  test('has an expectation for each query', () => {
    expect(Object.keys(expected).sort()).toEqual(queriesOf(client).sort());
  });

  test.each(Object.entries(expected))(
    'gets the right rows by %s',
    async (file, { parameters, columns, rows }) => {
      const [names = [], ...found] = await answer(read(`${client}/${file}`), parameters);
      const places = columns.map((column) => names.indexOf(column));
      const compared = found.map((row) => places.map((place) => row[place] ?? null));
      // Not every query says an order.
      expect(inOrder(compared)).toEqual(inOrder(rows));
    },
  );
});
