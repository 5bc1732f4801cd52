import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** This repository's files as texts, for the checks. */

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Files below `folder` whose names end in `ending`, by path from the repository's root. None if there is no such folder. */
export function readTexts(folder: string, ending: string): ReadonlyMap<string, string> {
  if (!existsSync(ROOT + folder)) return new Map();
  const names = readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' });
  const paths = names
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort();
  return new Map(paths.map((path) => [path, readText(path)]));
}

export function readText(path: string): string {
  return readFileSync(ROOT + path, 'utf8');
}

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

export function readManifest(): Manifest {
  return JSON.parse(readText('package.json')) as Manifest;
}

/** The source files behind the package's commands and exports. */
export function entryFiles(manifest: Pick<Manifest, 'exports' | 'bin'>): string[] {
  const built = [...Object.values(manifest.exports), ...Object.values(manifest.bin)];
  return built.map((file) => file.replace(/^(?:\.\/)?dist\//, 'src/').replace(/\.js$/, '.ts'));
}
