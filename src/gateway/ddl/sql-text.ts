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
  const body = statements.map((statement) => ` ${statement};`).join('');
  let tag = '$ks$';
  for (let i = 1; body.includes(tag); i++) tag = `$ks${i}$`;
  return `DO ${tag} BEGIN${body} END ${tag}`;
}
