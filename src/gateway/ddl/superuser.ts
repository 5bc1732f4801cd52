import { quoteText } from './sql-text.ts';

/**
 * Redshift's superuser in PostgreSQL's terms. Never a PostgreSQL superuser, which could leave the database for the
 * machine: a role with CREATEROLE and CREATEDB that is a member, with ADMIN, of `keyshift_superuser`. That role in
 * turn has ADMIN on every ordinary user and group, so that each superuser can manage what the others made. No role can
 * have ADMIN on another and the other on it, so what a superuser does to a superuser goes by procedures that the
 * administrator keeps in the schema `keyshift` of every database, and only superusers may call.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/role-attributes.html, "role creation".
 */
export const SUPERUSER_ROLE = 'keyshift_superuser';

/** Its members have SYSLOG ACCESS UNRESTRICTED. */
export const SYSLOG_ROLE = 'keyshift_syslog';

/** What a text holds that calls one of the procedures, which must then be there. */
export const PROCEDURE_CALL = 'CALL keyshift.';

/** Makes a user a superuser: it leaves the care of the others, who can no longer alter it. */
export function promote(name: string): string {
  return `${PROCEDURE_CALL}promote_user(${quoteText(name)})`;
}

/** Makes a superuser an ordinary user in the care of the superusers. What it has made and granted stays. */
export function demote(name: string, createDb: boolean): string {
  return `${PROCEDURE_CALL}demote_user(${quoteText(name)}, ${createDb})`;
}
