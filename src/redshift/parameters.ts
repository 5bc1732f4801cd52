import { AwsError } from '../core/errors.ts';

/**
 * Parameters of clusters: Redshift's own, and which of them reach the PostgreSQL server.
 * Source: Amazon Redshift Management Guide, "Amazon Redshift parameter groups"; PostgreSQL 18 manual, chapter 19.
 */
export interface ParameterValue {
  readonly name: string;
  readonly value: string;
}

interface Parameter {
  readonly name: string;
  readonly defaultValue: string;
  readonly dataType: 'boolean' | 'integer' | 'string';
  readonly allowedValues: string | undefined;
  readonly description: string;
  /** Whether a value may be set. */
  readonly takes: (value: string) => boolean;
  /** The server's settings that a value becomes; without them it is kept and given back, and has no effect. */
  readonly settings?: (value: string) => readonly (readonly [name: string, value: string])[];
}

/** The server's own setting of another, or the same, name. */
const as =
  (...names: readonly string[]) =>
  (value: string) =>
    names.map((name) => [name, value] as const);

const isBoolean = (value: string): boolean => value === 'true' || value === 'false';
const between =
  (min: number, max: number) =>
  (value: string): boolean =>
    /^-?\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max;
/** Of a text that goes to the server's command line or to nobody: printable, and not longer than Redshift takes. */
const isText = (value: string): boolean => /^[\x20-\x7e]{0,8000}$/.test(value);

/** Names, quoted or not, with commas between them: anything else would keep the server from starting. */
const SEARCH_PATH = /^ *(?:"[^"]+"|[^ ",]+)(?: *, *(?:"[^"]+"|[^ ",]+))* *$/;

function flag(
  name: string,
  defaultValue: 'true' | 'false',
  description: string,
  more: Partial<Parameter> = {},
): Parameter {
  const allowedValues = 'true,false';
  return { name, defaultValue, dataType: 'boolean', allowedValues, description, takes: isBoolean, ...more };
}

/**
 * Autovacuum analyzes a table after so many changed rows, and so many times the rows that it has. PostgreSQL has no
 * switch for this alone: these are the highest numbers that it takes. PostgreSQL 18 manual, section 24.1.6.
 */
const NEVER_ANALYZE = [
  ['autovacuum_analyze_threshold', '2147483647'],
  ['autovacuum_analyze_scale_factor', '100'],
] as const;

const TABLE: readonly Parameter[] = [
  flag('auto_analyze', 'true', 'Use auto analyze', {
    settings: (value) => (value === 'true' ? [] : NEVER_ANALYZE),
  }),
  flag('auto_mv', 'true', 'Use auto mv capability'),
  {
    name: 'datestyle',
    defaultValue: 'ISO, MDY',
    dataType: 'string',
    allowedValues: undefined,
    description: 'Sets the display format for date and time values.',
    takes: (value) => /^(?:ISO|Postgres|SQL|German)(?:, ?(?:MDY|DMY|YMD))?$/i.test(value),
    settings: as('datestyle'),
  },
  flag('enable_case_sensitive_identifier', 'false', 'Preserve case sensitivity for database identifiers'),
  flag('enable_user_activity_logging', 'false', 'parameter for audit logging purpose'),
  {
    name: 'extra_float_digits',
    defaultValue: '0',
    dataType: 'integer',
    allowedValues: '-15-2',
    description: 'Sets the number of digits displayed for floating-point values',
    takes: between(-15, 2),
    settings: as('extra_float_digits'),
  },
  {
    name: 'max_concurrency_scaling_clusters',
    defaultValue: '1',
    dataType: 'integer',
    allowedValues: '0-10',
    description: 'The maximum concurrency scaling clusters can be used.',
    takes: between(0, 10),
  },
  {
    name: 'query_group',
    defaultValue: 'default',
    dataType: 'string',
    allowedValues: undefined,
    description:
      'This parameter applies a user-defined label to a group of queries that are run during the same session..',
    takes: isText,
    // What SHOW tells in a session, see postgres/redshift-settings.ts. `default` stands for none.
    settings: (value) => (value === 'default' ? [] : [['keyshift.query_group', value]]),
  },
  flag('require_ssl', 'false', 'require ssl for all databaseconnections'),
  {
    name: 'search_path',
    defaultValue: '$user, public',
    dataType: 'string',
    allowedValues: undefined,
    description: 'Sets the schema search order for names that are not schema-qualified.',
    takes: (value) => isText(value) && SEARCH_PATH.test(value),
    // A session of the administrator has a search path of its own, and must still know the users'.
    settings: as('search_path', 'keyshift.search_path'),
  },
  {
    name: 'statement_timeout',
    defaultValue: '0',
    dataType: 'integer',
    allowedValues: '0,100-2147483647',
    description: 'Aborts any statement that takes over the specified number of milliseconds.',
    takes: (value) => value === '0' || between(100, 2_147_483_647)(value),
    settings: as('statement_timeout'),
  },
  // To say yes would promise a library that has been validated, which the gateway's TLS has not.
  flag('use_fips_ssl', 'false', 'Use fips ssl library', { takes: (value) => value === 'false' }),
  {
    name: 'wlm_json_configuration',
    defaultValue: '[{"auto_wlm":true}]',
    dataType: 'string',
    allowedValues: undefined,
    description: 'wlm json configuration',
    takes: (value) => isText(value) && isJsonList(value),
  },
];

export const PARAMETERS: ReadonlyMap<string, Parameter> = new Map(
  TABLE.map((parameter) => [parameter.name, parameter]),
);

/** Families that there are; all have the same parameters here. */
export const PARAMETER_FAMILIES: ReadonlySet<string> = new Set(['redshift-1.0', 'redshift-2.0']);
export const DEFAULT_PARAMETER_GROUP = 'default.redshift-1.0';

/** Whether a group is one that is always there and cannot be changed. */
export function isDefaultParameterGroup(name: string): boolean {
  return name.startsWith('default.') && PARAMETER_FAMILIES.has(name.slice('default.'.length));
}

/** Throws InvalidParameterValue for a parameter that there is not, or a value that it does not take. */
export function requireParameter({ name, value }: ParameterValue): void {
  const parameter = requireKnownParameter(name);
  if (parameter.takes(value)) return;
  const allowed = parameter.allowedValues === undefined ? '' : ` Allowed: ${parameter.allowedValues}.`;
  throw new AwsError('InvalidParameterValue', 400, `Invalid value for the parameter ${name}.${allowed}`);
}

/** Throws InvalidParameterValue. */
export function requireKnownParameter(name: string): Parameter {
  const parameter = PARAMETERS.get(name);
  if (parameter !== undefined) return parameter;
  throw new AwsError(
    'InvalidParameterValue',
    400,
    `Could not find parameter with name: ${name.slice(0, 100)}`,
  );
}

/** What the values of a group come to on the server's command line; one that was set counts also if it is the default. */
export function serverSettingsOf(values: readonly ParameterValue[]): ReadonlyMap<string, string> {
  return new Map(values.flatMap(({ name, value }) => PARAMETERS.get(name)?.settings?.(value) ?? []));
}

function isJsonList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
