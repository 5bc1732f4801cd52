/**
 * The forms of SHOW that list objects of Redshift, each as a query of system tables.
 * Source: Amazon Redshift Database Developer Guide, pages SHOW COLUMN GRANTS, SHOW COLUMNS, SHOW CONSTRAINTS, SHOW
 * DATABASES, SHOW DATASHARES, SHOW FUNCTIONS, SHOW GRANTS, SHOW PARAMETERS, SHOW PROCEDURES, SHOW SCHEMAS, SHOW TABLES.
 */
export interface ShowForm {
  /** The words between SHOW and the name, if there is one. */
  readonly words: readonly string[];
  readonly from: string;
  readonly columns: string;
  /** The columns that the parts of the name select, the last for a name of one part. None: there is no name. */
  readonly name?: readonly string[];
  /** Conditions besides, in SQL. */
  readonly where?: string;
  /** The column that lists the types of arguments, which stand in parentheses after the name. */
  readonly signature?: string;
  /** The column that LIKE is about. */
  readonly like?: string;
  /** Whether the grants of one user, or of everybody, can be asked for. */
  readonly hasGrantee?: true;
  readonly order: string;
}

const GRANTEE = 'privilege_type, identity_id, identity_name, identity_type';
const ON_DATABASE = 'current_database()::text AS database_name';

function grantsOn(
  types: readonly string[],
  words: readonly string[],
  more: Partial<ShowForm> = {},
): ShowForm {
  return {
    words: ['grants', 'on', ...words],
    from: 'keyshift.redshift_grants',
    columns: `schema_name, object_name, object_type, ${GRANTEE}, admin_option, object_type AS privilege_scope, ${ON_DATABASE}, grantor_name`,
    where: `object_type IN (${types.map((type) => `'${type}'`).join(', ')})`,
    name: ['current_database()', 'schema_name', 'object_name'],
    hasGrantee: true,
    order: 'schema_name, object_name, identity_name, privilege_type',
    ...more,
  };
}

function routines(what: 'procedure' | 'function'): ShowForm[] {
  const where = what === 'procedure' ? 'is_procedure' : 'NOT is_procedure';
  return [
    {
      words: [`${what}s`, 'from', 'schema'],
      from: 'keyshift.redshift_routines',
      columns: `database_name, schema_name, name AS ${what}_name, number_of_arguments, argument_list, return_type, remarks`,
      where,
      name: ['database_name', 'schema_name'],
      like: 'name',
      order: 'name, argument_list',
    },
    {
      words: ['parameters', 'of', what],
      from: 'keyshift.redshift_parameters',
      columns: `database_name, schema_name, name AS ${what}_name, parameter_name, ordinal_position, parameter_type, data_type, character_maximum_length, numeric_precision, numeric_scale`,
      where,
      name: ['database_name', 'schema_name', 'name'],
      signature: 'argument_list',
      like: 'parameter_name',
      order: 'ordinal_position',
    },
  ];
}

function foreignKeys(side: 'pk' | 'fk', words: readonly string[]): ShowForm {
  return {
    words: ['constraints', 'foreign', 'keys', ...words, 'from', 'table'],
    from: 'keyshift.redshift_foreign_keys',
    columns: '*',
    name: ['database_name', 'schema_name', 'table_name'].map((part) => `${side}_${part}`),
    order: 'fk_schema_name, fk_table_name, fk_name, key_seq',
  };
}

/** Tables with what SHOW TABLES tells of them besides. */
const WITH_OWNERS =
  'pg_catalog.svv_all_tables JOIN LATERAL (SELECT pg_catalog.pg_get_userbyid(r.owner)::text AS owner, r.kind FROM keyshift.redshift_relations r WHERE r.schema_name = svv_all_tables.schema_name AND r.name = svv_all_tables.table_name) more ON true';

/** Those with more words come before those that begin alike. */
export const SHOW_FORMS: readonly ShowForm[] = [
  {
    words: ['databases'],
    from: 'pg_catalog.svv_redshift_databases',
    columns:
      'database_name, database_owner, database_type, database_acl, database_options AS parameters, database_isolation_level',
    like: 'database_name',
    order: 'database_name',
  },
  {
    words: ['schemas', 'from', 'database'],
    from: 'pg_catalog.svv_all_schemas',
    columns: '*',
    name: ['database_name'],
    like: 'schema_name',
    order: 'schema_name',
  },
  {
    words: ['tables', 'from', 'schema'],
    from: WITH_OWNERS,
    columns: `database_name, schema_name, table_name, table_type, table_acl, remarks, owner, NULL::timestamp AS last_altered_time, NULL::timestamp AS last_modified_time, NULL::text AS dist_style, CASE kind WHEN 'v' THEN 'REGULAR VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'REGULAR TABLE' END AS table_subtype`,
    name: ['database_name', 'schema_name'],
    like: 'table_name',
    order: 'table_name',
  },
  {
    words: ['columns', 'from', 'table'],
    from: 'pg_catalog.svv_all_columns',
    columns:
      "*, NULL::text AS sort_key_type, NULL::int AS sort_key, NULL::int AS dist_key, 'none' AS encoding, NULL::text AS collation",
    name: ['database_name', 'schema_name', 'table_name'],
    like: 'column_name',
    order: 'ordinal_position',
  },
  {
    words: ['constraints', 'primary', 'keys', 'from', 'table'],
    from: 'keyshift.redshift_primary_keys',
    columns: '*',
    name: ['database_name', 'schema_name', 'table_name'],
    order: 'schema_name, key_seq',
  },
  foreignKeys('pk', ['exported']),
  foreignKeys('fk', []),
  ...routines('procedure'),
  ...routines('function'),
  {
    words: ['column', 'grants', 'on', 'table'],
    from: 'keyshift.redshift_grants',
    columns: `${ON_DATABASE}, schema_name, object_name AS table_name, column_name, object_type, ${GRANTEE}, admin_option, object_type AS privilege_scope, grantor_name`,
    where: "object_type = 'COLUMN'",
    name: ['current_database()', 'schema_name', 'object_name'],
    like: 'column_name',
    hasGrantee: true,
    order: 'schema_name, column_name, identity_name, privilege_type',
  },
  grantsOn(['DATABASE'], ['database'], {
    columns: `object_name AS database_name, ${GRANTEE}, admin_option, object_type AS privilege_scope, grantor_name`,
    name: ['object_name'],
  }),
  grantsOn(['SCHEMA'], ['schema'], { name: ['current_database()', 'schema_name'] }),
  grantsOn(['FUNCTION', 'PROCEDURE'], ['function'], { signature: 'argument_types' }),
  grantsOn(['TABLE'], ['table']),
  grantsOn(['TABLE'], []),
  {
    words: ['grants'],
    from: 'keyshift.redshift_grants',
    columns: `CASE object_type WHEN 'DATABASE' THEN object_name ELSE current_database() END AS database_name, schema_name, CASE WHEN object_type NOT IN ('DATABASE', 'SCHEMA') THEN object_name END AS object_name, object_type, ${GRANTEE}, object_type AS privilege_scope, grantor_name`,
    where: "object_type <> 'COLUMN'",
    hasGrantee: true,
    order: 'object_type, schema_name NULLS FIRST, object_name, privilege_type',
  },
  {
    words: ['datashares'],
    from: 'pg_catalog.svv_datashares',
    columns:
      'share_name, share_owner, source_database, consumer_database, share_type, createdate, is_publicaccessible, share_acl, producer_account, producer_namespace',
    like: 'share_name',
    order: 'share_name',
  },
];
