import { isKnownType, typeOf } from '../redshift/result-types.ts';
import type { ResultColumn, ResultRow } from '../redshift/statements.ts';

/** What a result says of its columns: the types, and for those of tables what the catalog says. */

/** A column as PostgreSQL's RowDescription has it. Source: PostgreSQL 18 manual, section 54.7. */
export interface FieldDescription {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What the catalog says of a column of a table, or of a type. */
export interface CatalogFacts {
  readonly tables: ReadonlyMap<string, TableColumn>;
  readonly typeNames: ReadonlyMap<number, string>;
}

interface TableColumn {
  readonly schemaName: string;
  readonly tableName: string;
  readonly columnName: string;
  readonly isNotNull: boolean;
}

/** Whether the catalog must be asked to describe a column. */
export function needsCatalog(fields: readonly FieldDescription[]): boolean {
  return fields.some(({ tableID, dataTypeID }) => tableID !== 0 || !isKnownType(dataTypeID));
}

/** Asks for the columns $1 (tables) and $2 (their columns), and for the types $3. Everything in it is named with its schema. */
export const CATALOG_QUERY = `
  SELECT 'c', a.attrelid, a.attnum::int, n.nspname, c.relname, a.attname, a.attnotnull
    FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.oid[]), pg_catalog.unnest($2::pg_catalog.int2[])) AS w(tab, col)
    JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) w.tab AND a.attnum OPERATOR(pg_catalog.=) w.col
    JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid
    JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
  UNION ALL
  SELECT 't', t.oid, NULL, NULL, NULL, t.typname, NULL
    FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) ANY ($3::pg_catalog.oid[])`;

export function catalogValues(fields: readonly FieldDescription[]): readonly string[] {
  const columns = fields.filter(({ tableID }) => tableID !== 0);
  const array = (numbers: readonly number[]): string => `{${numbers.join(',')}}`;
  return [
    array(columns.map(({ tableID }) => tableID)),
    array(columns.map(({ columnID }) => columnID)),
    array(fields.map(({ dataTypeID }) => dataTypeID).filter((type) => !isKnownType(type))),
  ];
}

/** Reads the rows of CATALOG_QUERY. */
export function readCatalog(rows: readonly ResultRow[]): CatalogFacts {
  const tables = new Map<string, TableColumn>();
  const typeNames = new Map<number, string>();
  for (const [kind, id, column, schemaName, tableName, name, isNotNull] of rows) {
    if (kind === 't') typeNames.set(Number(id), name ?? '');
    else {
      const facts = { schemaName: schemaName ?? '', tableName: tableName ?? '', columnName: name ?? '' };
      tables.set(`${id}.${column}`, { ...facts, isNotNull: isNotNull === 't' });
    }
  }
  return { tables, typeNames };
}

export const NO_CATALOG: CatalogFacts = { tables: new Map(), typeNames: new Map() };

export function describeColumns(
  fields: readonly FieldDescription[],
  catalog: CatalogFacts,
): readonly ResultColumn[] {
  return fields.map((field) => {
    const column = catalog.tables.get(`${field.tableID}.${field.columnID}`);
    return {
      name: field.name,
      ...typeOf(field.dataTypeID, field.dataTypeModifier, catalog.typeNames.get(field.dataTypeID)),
      nullable: column?.isNotNull === true ? 0 : 1,
      length: 0,
      schemaName: column?.schemaName ?? '',
      tableName: column?.tableName ?? '',
    };
  });
}
