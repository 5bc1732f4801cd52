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
  /** The server's setting that it becomes; without one it is kept and given back, and has no effect. */
  readonly setting?: string;
}

const isBoolean = (value: string): boolean => value === 'true' || value === 'false';
const between =
  (min: number, max: number) =>
  (value: string): boolean =>
    /^-?\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max;
/** Of a text that goes to the server's command line or to nobody: printable, and not longer than Redshift takes. */
const isText = (value: string): boolean => /^[\x20-\x7e]{0,8000}$/.test(value);

/** Names, quoted or not, with commas between them: anything else would keep the server from starting. */
const SEARCH_PATH = /^ *(?:"[^"]+"|[^ ",]+)(?: *, *(?:"[^"]+"|[^ ",]+))* *$/;

function flag(name: string, defaultValue: 'true' | 'false', description: string): Parameter {
  const allowedValues = 'true,false';
  return { name, defaultValue, dataType: 'boolean', allowedValues, description, takes: isBoolean };
}

const TABLE: readonly Parameter[] = [
  flag('auto_analyze', 'true', 'Use auto analyze'),
  flag('auto_mv', 'true', 'Use auto mv capability'),
  {
    name: 'datestyle',
    defaultValue: 'ISO, MDY',
    dataType: 'string',
    allowedValues: undefined,
    description: 'Sets the display format for date and time values.',
    takes: (value) => /^(?:ISO|Postgres|SQL|German)(?:, ?(?:MDY|DMY|YMD))?$/i.test(value),
    setting: 'datestyle',
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
    setting: 'extra_float_digits',
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
  },
  flag('require_ssl', 'false', 'require ssl for all databaseconnections'),
  {
    name: 'search_path',
    defaultValue: '$user, public',
    dataType: 'string',
    allowedValues: undefined,
    description: 'Sets the schema search order for names that are not schema-qualified.',
    takes: (value) => isText(value) && SEARCH_PATH.test(value),
    setting: 'search_path',
  },
  {
    name: 'statement_timeout',
    defaultValue: '0',
    dataType: 'integer',
    allowedValues: '0,100-2147483647',
    description: 'Aborts any statement that takes over the specified number of milliseconds.',
    takes: (value) => value === '0' || between(100, 2_147_483_647)(value),
    setting: 'statement_timeout',
  },
  flag('use_fips_ssl', 'false', 'Use fips ssl library'),
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

/** What the values of a group come to on the server's command line. A default needs no setting. */
export function serverSettingsOf(values: readonly ParameterValue[]): ReadonlyMap<string, string> {
  const settings = new Map<string, string>();
  for (const { name, value } of values) {
    const parameter = PARAMETERS.get(name);
    if (parameter?.setting === undefined || value === parameter.defaultValue) continue;
    settings.set(parameter.setting, value);
    // A session of the administrator has a search path of its own, and must still know the users'.
    if (name === 'search_path') settings.set('keyshift.search_path', value);
  }
  return settings;
}

function isJsonList(text: string): boolean {
  try {
    return Array.isArray(JSON.parse(text));
  } catch {
    return false;
  }
}
