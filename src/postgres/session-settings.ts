import { createHash } from 'node:crypto';
import { codeOf, SqlError } from '../core/errors.ts';
import type { ProvisionFacts, RoleSettings } from './provision-facts.ts';
import { quoteIdentifier, quoteLiteral } from './quote.ts';
import type { Queryable, RoleStep } from './role-lock.ts';

/** Gives session roles the settings of their users. */

/**
 * Copies the wanted settings as they are stored, which only a superuser may do: `ALTER ROLE … SET` would refuse
 * values that only the user's own session may check.
 */
export function storeSettings(
  role: string,
  wanted: readonly RoleSettings[],
  present: readonly RoleSettings[],
): RoleStep[] {
  const id = `to_regrole(${quoteLiteral(quoteIdentifier(role))})`;
  const forget = present.map(({ database }) => ({
    sql: `DELETE FROM pg_db_role_setting WHERE setdatabase = ${database} AND setrole = ${id}`,
  }));
  const rows = wanted.map(
    ({ database, config }) => `(${database}, ${id}, ARRAY[${config.map(quoteLiteral).join(', ')}])`,
  );
  return [
    ...forget,
    { sql: `INSERT INTO pg_db_role_setting (setdatabase, setrole, setconfig) VALUES ${rows.join(', ')}` },
  ];
}

/**
 * The same by statements, one for each setting, for an administrator that is no superuser. One that it may not give is
 * refused, 42501: without it the session would not be the user's.
 */
export async function alterSettings(
  client: Queryable,
  role: string,
  wanted: readonly RoleSettings[],
  present: readonly RoleSettings[],
): Promise<RoleStep[]> {
  const places = await placesOf(client, [...wanted, ...present]);
  const alter = (database: number) => `ALTER ROLE ${quoteIdentifier(role)}${places.get(database) ?? ''}`;
  const set = (database: number, setting: string): RoleStep => {
    const [name, value] = splitSetting(setting);
    return {
      sql: `${alter(database)} SET ${quoteParameter(name)} TO ${settingValue(name, value)}`,
      refused: (error) => refusedSetting(name, error),
    };
  };
  return [
    ...present.map(({ database }) => ({ sql: `${alter(database)} RESET ALL` })),
    ...wanted.flatMap(({ database, config }) => config.map((setting) => set(database, setting))),
  ];
}

/**
 * What a session role says of the settings that were copied by statements: PostgreSQL writes some values in another
 * form than it was given, so that they cannot be compared with those of the user.
 */
export function settingsMark(facts: ProvisionFacts): string {
  const both = JSON.stringify([facts.wantedSettings, facts.session?.settings ?? []]);
  return createHash('sha256').update(both).digest('base64url');
}

/** ` IN DATABASE name` for each database; nothing for all of them. */
async function placesOf(
  client: Queryable,
  settings: readonly RoleSettings[],
): Promise<ReadonlyMap<number, string>> {
  const ids = settings.map(({ database }) => database).filter((id) => id !== 0);
  if (ids.length === 0) return new Map();
  const found = await client.query<{ id: string; name: string }>(
    'SELECT oid::text AS id, datname AS name FROM pg_database WHERE oid = ANY ($1::oid[])',
    [ids],
  );
  return new Map(found.rows.map(({ id, name }) => [Number(id), ` IN DATABASE ${quoteIdentifier(name)}`]));
}

function splitSetting(setting: string): [name: string, value: string] {
  const end = setting.indexOf('=');
  return [setting.slice(0, end), setting.slice(end + 1)];
}

/** A name, or the two names with a dot between them of an extension's setting. */
function quoteParameter(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.');
}

/** Settings that hold a list of names, in lower case. PostgreSQL 18, GUC_LIST_QUOTE; the others can only be set in files. */
const LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'temp_tablespaces',
]);

/** The value as `SET … TO` takes it: one text, or for lists of names one text for each name. */
export function settingValue(name: string, value: string): string {
  if (!LISTS.has(name.toLowerCase())) return quoteLiteral(value);
  const names = splitNames(value);
  return names.length === 0 ? quoteLiteral('') : names.map(quoteLiteral).join(', ');
}

/** The names of a list as PostgreSQL reads them (SplitIdentifierString): quoted ones as they are, others in lower case. */
function splitNames(list: string): string[] {
  return [...list.matchAll(/\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)/g)]
    .map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.trim().toLowerCase() ?? '')
    .filter((name, index, all) => name !== '' || all.length === 1 || index < all.length - 1);
}

function refusedSetting(name: string, cause: unknown): unknown {
  if (codeOf(cause) !== '42501') return cause;
  return new SqlError('42501', `the setting "${name}" of the user cannot be given to its session`, {
    cause,
    detail: "The gateway's role on the database server may not set it.",
    hint: `A superuser of that server can run GRANT SET ON PARAMETER ${quoteParameter(name)} for that role.`,
  });
}
