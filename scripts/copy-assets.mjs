// Copies the files that tsc leaves behind (SQL) from src/ to dist/, keeping their folders.
import { cpSync } from 'node:fs';

cpSync('src', 'dist', {
  recursive: true,
  filter: (path) => !path.endsWith('.ts'),
});
