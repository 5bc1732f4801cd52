// Copies the files that tsc leaves behind (SQL) from src/ to dist/, keeping their folders, and removes those that
// src/ no longer has: a migration that stayed under its old number would stop every start.
import { cpSync, existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const COMPILED = /\.(js|d\.ts|map|tsbuildinfo)$/;

for (const path of readdirSync('dist', { recursive: true })) {
  const isAsset = !COMPILED.test(path) && statSync(join('dist', path)).isFile();
  if (isAsset && !existsSync(join('src', path))) rmSync(join('dist', path));
}
cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
