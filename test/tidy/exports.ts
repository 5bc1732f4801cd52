import { readImports } from './imports.ts';
import { readSource } from './source-text.ts';

/**
 * Exported values that nobody imports: what only its own file uses needs no `export`. Types are left out: a caller
 * may need to name what a function takes and gives.
 */

const DECLARED =
  /^export\s+(?:declare\s+)?(?:async\s+)?(?:abstract\s+)?(?:function\*?|class|const|let)\s+(\w+)/gm;

/** `users` may import too, but their own exports are not looked at; everything in `entries` is public. */
export function findUnusedExports(
  sources: ReadonlyMap<string, string>,
  users: ReadonlyMap<string, string>,
  entries: readonly string[],
): string[] {
  const used = new Set<string>();
  for (const [path, text] of [...sources, ...users]) {
    for (const { target, names } of readImports(path, text)) {
      for (const name of names) used.add(`${target} ${name}`);
    }
  }
  const unused: string[] = [];
  for (const [path, text] of sources) {
    if (entries.includes(path) || used.has(`${path} *`)) continue;
    for (const match of readSource(text).code.matchAll(DECLARED)) {
      if (!used.has(`${path} ${match[1]}`))
        unused.push(`${path}: ${match[1]} is exported and nobody imports it`);
    }
  }
  return unused;
}
