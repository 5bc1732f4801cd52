import { describe, type TestContext, test } from 'vitest';
import { skip } from './programs.ts';

/** The versions of PostgreSQL that the tests run on: the embedded one, and those that were installed for them. */

export type PostgresMajor = 16 | 17 | 18;

/** The package of the version's programs; undefined for the embedded server's own. */
export function packageOf(major: PostgresMajor): string | undefined {
  switch (major) {
    case 16:
      return process.env['KEYSHIFT_TEST_POSTGRES_16'];
    case 17:
      return process.env['KEYSHIFT_TEST_POSTGRES_17'];
    case 18:
      return undefined;
    default:
      return major satisfies never;
  }
}

/** Describes behavior on one version; where it is not installed, one test is skipped and says so. In CI it fails. */
export function describeOn(title: string, major: PostgresMajor, body: () => void): void {
  const isHere = major === 18 || packageOf(major) !== undefined;
  if (isHere) describe(title, body);
  else test(title, (context) => notHere(context, major));
}

function notHere(context: TestContext, major: PostgresMajor): void {
  const reason = `PostgreSQL ${major} is not here: scripts/install-postgres.mjs installs it`;
  if (process.env['CI'] === 'true') throw new Error(reason);
  skip(context, reason);
}
