import { typeOf } from '../../../redshift/result-types.ts';
import { statementInvalid } from '../../../redshift/statement-errors.ts';
import type { ResultRow } from '../../../redshift/statements.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/redshift-data.generated.ts';
import { loginOffers } from '../redshift/issue-terms.ts';
import { COLUMNS, DATABASES, SCHEMAS, TABLES } from './catalog-queries.ts';
import type { RedshiftDataDeps } from './deps.ts';
import { type DestinationInput, destinationPermissions, logInTo } from './destination.ts';
import { columnShape } from './get-statement-result.ts';
import { pageSize } from './list-statements.ts';
import { pageOf, readToken } from './page-token.ts';

/** ListDatabases, ListSchemas, ListTables and DescribeTable: asked of the database at once, by the user that is named. */

interface Input extends DestinationInput {
  readonly ConnectedDatabase?: string | undefined;
  readonly NextToken?: string | undefined;
  readonly MaxResults?: number | undefined;
}

/** As many as one request may ask for. */
const PAGE_DEFAULT = 1_000;

type Value = string | number | null;
type Query = (sql: string, values: readonly Value[]) => Promise<readonly ResultRow[]>;

function asking<I extends Input, O>(
  action: string,
  answer: (query: Query, input: I, max: number) => Promise<O>,
): Action<RedshiftDataDeps, I, O> {
  return {
    permissions: (deps, input, caller) => {
      requireOneDatabase(input);
      return destinationPermissions(action, deps, caller, input);
    },
    offers: loginOffers,
    run: async (deps, input, caller) => {
      const { target, login } = await logInTo(deps, caller, input);
      const { accountId } = caller.principal;
      const query: Query = (sql, values) => deps.statements.ask(accountId, target, login, sql, values);
      return answer(query, input, pageSize(input.MaxResults, PAGE_DEFAULT));
    },
    changes: false,
  };
}

export const listDatabases = asking<wire.ListDatabasesRequest, wire.ListDatabasesResponse>(
  'redshift-data:ListDatabases',
  async (query, { NextToken }, max) => {
    const [after = null] = readToken(NextToken, 1) ?? [];
    const names = (await query(DATABASES, [after, max + 1])).map(([name]) => name ?? '');
    const page = pageOf(names, max, (name) => [name]);
    return { Databases: page.items, NextToken: page.token };
  },
);

export const listSchemas = asking<wire.ListSchemasRequest, wire.ListSchemasResponse>(
  'redshift-data:ListSchemas',
  async (query, { NextToken, SchemaPattern }, max) => {
    const [after = null] = readToken(NextToken, 1) ?? [];
    const rows = await query(SCHEMAS, [after, SchemaPattern ?? null, max + 1]);
    const page = pageOf(
      rows.map(([name]) => name ?? ''),
      max,
      (name) => [name],
    );
    return { Schemas: page.items, NextToken: page.token };
  },
);

export const listTables = asking<wire.ListTablesRequest, wire.ListTablesResponse>(
  'redshift-data:ListTables',
  async (query, { NextToken, SchemaPattern, TablePattern }, max) => {
    const [schema = null, table = null] = readToken(NextToken, 2) ?? [];
    const rows = await query(TABLES, [schema, table, SchemaPattern ?? null, TablePattern ?? null, max + 1]);
    const page = pageOf(rows, max, ([inSchema, name]) => [inSchema ?? '', name ?? '']);
    const tables = page.items.map(([inSchema, name, type]) => ({
      schema: inSchema ?? undefined,
      name: name ?? undefined,
      type: type ?? undefined,
    }));
    return { Tables: tables, NextToken: page.token };
  },
);

/** A page has so many tables, with all their columns. */
export const describeTable = asking<wire.DescribeTableRequest, wire.DescribeTableResponse>(
  'redshift-data:DescribeTable',
  async (query, { NextToken, Schema, Table }, max) => {
    const [schema = null, table = null] = readToken(NextToken, 2) ?? [];
    const rows = await query(COLUMNS, [schema, table, Schema ?? null, Table ?? null, max + 1]);
    const tables = byTable(rows);
    const page = pageOf(tables, max, ([column]) => [column?.[0] ?? '', column?.[1] ?? '']);
    return {
      TableName: Table,
      ColumnList: page.items.flat().map(toColumn),
      NextToken: page.token,
    };
  },
);

/** The rows come in the order of their tables. */
function byTable(rows: readonly ResultRow[]): ResultRow[][] {
  const tables: ResultRow[][] = [];
  for (const row of rows) {
    const [last] = tables.at(-1) ?? [];
    if (last !== undefined && last[0] === row[0] && last[1] === row[1]) tables.at(-1)?.push(row);
    else tables.push([row]);
  }
  return tables;
}

function toColumn([
  schemaName,
  tableName,
  name,
  type,
  modifier,
  typeName,
  isNotNull,
  columnDefault,
]: ResultRow) {
  const facts = typeOf(Number(type), Number(modifier), typeName ?? undefined);
  return columnShape({
    ...facts,
    name: name ?? '',
    schemaName: schemaName ?? '',
    tableName: tableName ?? '',
    nullable: isNotNull === 't' ? 0 : 1,
    length: facts.precision,
    columnDefault: columnDefault ?? undefined,
  });
}

/** PostgreSQL has no queries over databases. Throws ValidationException. */
function requireOneDatabase({ Database, ConnectedDatabase }: Input): void {
  if (ConnectedDatabase === undefined || ConnectedDatabase === '' || ConnectedDatabase === Database) return;
  throw statementInvalid(
    'ConnectedDatabase must be the same as Database: connect to the one that is asked about.',
  );
}
