/** Which releases of PostgreSQL have holes that end what Keyshift promises; the server's start tells the operator. */

/**
 * The first release of each version in which CVE-2026-6460 is mended, by which whoever may create objects runs programs
 * as the server's operating system user, and everything before it. To be raised with PostgreSQL's next fixes.
 * Source: PostgreSQL's security page, release of 12 November 2026.
 */
const MENDED: ReadonlyMap<number, number> = new Map([
  [16, 16],
  [17, 12],
  [18, 7],
]);

/**
 * The release to which a server should be upgraded; undefined when nothing is known against its own. `version` is the
 * setting `server_version`, such as `17.2 (Debian 17.2-1)`; releases before the first stable one are not judged.
 */
export function mendedBy(version: string): string | undefined {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const least = MENDED.get(Number(major));
  return least !== undefined && Number(minor) < least ? `${major}.${least}` : undefined;
}
