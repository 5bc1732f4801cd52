/** Writes names, strings and blocks into SQL text: the only place in this room where text becomes SQL. */

/** A quoted identifier. Source: PostgreSQL 18 manual, section 4.1.1. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A string constant that means the same whatever `standard_conforming_strings` says. */
export function quoteText(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * One statement that runs `statements` in their order. The extended protocol takes a single statement only, and
 * a block either happens whole or not at all. Its tag occurs nowhere in the statements.
 */
export function inOneBlock(statements: readonly string[]): string {
  return block(`BEGIN${inOrder(statements)} END`);
}

/**
 * One statement that runs `statements` as the user whom the session's role stands for, and then goes on as whoever
 * ran it. A role is a setting: it is put back here, or by PostgreSQL when a statement fails.
 */
export function inOneBlockAs(user: string, statements: readonly string[]): string {
  const body = inOrder([`SET LOCAL ROLE ${quoteName(user)}`, ...statements]);
  return block(
    `DECLARE role_before text := pg_catalog.current_setting('role'); ` +
      `BEGIN${body} PERFORM pg_catalog.set_config('role', role_before, true); END`,
  );
}

/** One statement that runs `statements` in their order and, if one fails, `handler`. */
export function inOneBlockHandling(
  statements: readonly string[],
  handler: { readonly declare: string; readonly when: string },
): string {
  return block(`DECLARE ${handler.declare} BEGIN${inOrder(statements)} EXCEPTION WHEN ${handler.when} END`);
}

const inOrder = (statements: readonly string[]): string =>
  statements.map((statement) => ` ${statement};`).join('');

function block(code: string): string {
  let tag = '$ks$';
  for (let i = 1; code.includes(tag); i++) tag = `$ks${i}$`;
  return `DO ${tag} ${code} ${tag}`;
}
