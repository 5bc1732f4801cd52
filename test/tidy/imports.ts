import { posix } from 'node:path';
import { lineAt, readSource } from './source-text.ts';

/** Who imports whom: read from import lines by text, since TypeScript 7 has no compiler API. */

export interface Import {
  readonly line: number;
  /** As written: `./names.ts`, `pg`, `node:fs`. */
  readonly specifier: string;
  /** Path from the repository's root, for a relative import. */
  readonly target: string | undefined;
  /** Imported or passed-on names; `*` for a namespace or a dynamic import. */
  readonly names: readonly string[];
}

const STATIC = /^(?:import|export)\s+([^;'"]*?)\s*from\s+'([^']+)'/gm;
const BARE = /^import\s+'([^']+)'/gm;
const DYNAMIC = /\bimport\(\s*'([^']+)'\s*\)/g;

/** The imports and re-exports of the file at `path`. */
export function readImports(path: string, text: string): Import[] {
  const source = readSource(text).withStrings;
  const found: Import[] = [];
  const add = (index: number, specifier: string, names: readonly string[]): void => {
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined;
    found.push({ line: lineAt(source, index), specifier, target, names });
  };
  for (const match of source.matchAll(STATIC)) add(match.index, match[2] ?? '', namesIn(match[1] ?? ''));
  for (const match of source.matchAll(BARE)) add(match.index, match[1] ?? '', []);
  for (const match of source.matchAll(DYNAMIC)) add(match.index, match[1] ?? '', ['*']);
  return found;
}

/** From `type A, b as c` in braces, and a default or namespace before them. */
function namesIn(clause: string): string[] {
  const braces = /\{([^}]*)\}/.exec(clause);
  const names = (braces?.[1] ?? '')
    .split(',')
    .map((part) => part.trim().replace(/^type\s+/, ''))
    .filter((part) => part !== '')
    .map((part) => part.split(/\s+as\s+/)[0] ?? part);
  return clause.includes('*') ? [...names, '*'] : names;
}

/** Relative imports by file. */
export function importGraph(sources: ReadonlyMap<string, string>): ReadonlyMap<string, readonly string[]> {
  const graph = new Map<string, readonly string[]>();
  for (const [path, text] of sources) {
    graph.set(
      path,
      readImports(path, text).flatMap(({ target }) => (target === undefined ? [] : [target])),
    );
  }
  return graph;
}

/** Every cycle that a walk finds, each as the files on its way; none is found twice. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (file: string, way: readonly string[]): void => {
    const start = way.indexOf(file);
    if (start !== -1) {
      cycles.push([...way.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

/** Files that no way of imports from `entries` reaches. */
export function findUnreached(
  graph: ReadonlyMap<string, readonly string[]>,
  entries: readonly string[],
): string[] {
  const reached = new Set<string>();
  const waiting = [...entries];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    waiting.push(...(graph.get(file) ?? []));
  }
  return [...graph.keys()].filter((file) => !reached.has(file));
}
