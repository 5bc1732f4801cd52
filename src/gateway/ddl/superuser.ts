import { quoteName } from './sql-text.ts';

/**
 * Redshift's superuser in PostgreSQL's terms. Never a PostgreSQL superuser, which could leave the database for the
 * machine: a role with CREATEROLE and CREATEDB that is a member, with ADMIN, of `keyshift_superuser`. That role in
 * turn has ADMIN on every user and group, so that each superuser can manage what the others made.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/role-attributes.html, "role creation".
 */
export const SUPERUSER_ROLE = 'keyshift_superuser';

/** Makes a user that was just created, without the clause ADMIN, a superuser. */
export function makeSuperuser(name: string): string[] {
  return [`GRANT ${SUPERUSER_ROLE} TO ${quoteName(name)} WITH ADMIN TRUE`];
}

/** Makes an existing user a superuser: first it leaves the superusers' care, because membership has no cycles. */
export function promote(name: string): string[] {
  return [
    `ALTER USER ${quoteName(name)} CREATEROLE CREATEDB`,
    `REVOKE ${quoteName(name)} FROM ${SUPERUSER_ROLE}`,
    ...makeSuperuser(name),
  ];
}

/** Makes a superuser an ordinary user, in the superusers' care as the clause ADMIN of CREATE USER puts it. */
export function demote(name: string, createDb: boolean): string[] {
  return [
    `REVOKE ${SUPERUSER_ROLE} FROM ${quoteName(name)}`,
    `ALTER USER ${quoteName(name)} NOCREATEROLE ${createDb ? 'CREATEDB' : 'NOCREATEDB'}`,
    `GRANT ${quoteName(name)} TO ${SUPERUSER_ROLE} WITH ADMIN TRUE, INHERIT TRUE, SET TRUE`,
  ];
}
