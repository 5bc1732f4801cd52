import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built program is, for the user who shall run it. */

const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url));
const CLI = join('dist', 'cli.js');

let copy: string | undefined;

/** The program as built, for this user. */
export const ownCli = join(REPOSITORY, CLI);

/**
 * The program where every user can read it: as built, or a copy of it with the packages that it needs, when the
 * repository lies below a folder that only its owner may enter, as `mktemp -d` makes them.
 */
export function cliForEverybody(): string {
  if (isOpenToAll(REPOSITORY)) return ownCli;
  copy ??= copyProgram();
  return join(copy, CLI);
}

function copyProgram(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keyshift-program-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  for (const part of ['package.json', 'dist', ...runTimePackages()]) {
    cpSync(join(REPOSITORY, part), join(folder, part), { recursive: true });
  }
  return folder;
}

function runTimePackages(): string[] {
  const lock = JSON.parse(readFileSync(join(REPOSITORY, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  return Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true && existsSync(join(REPOSITORY, path)))
    .map(([path]) => path);
}

function isOpenToAll(folder: string): boolean {
  for (let place = folder; ; place = dirname(place)) {
    if ((statSync(place).mode & 0o001) === 0) return false;
    if (place === dirname(place)) return true;
  }
}
