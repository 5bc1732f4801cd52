import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/**
 * PostgreSQL's own regression tests, as its pg_regress runs them, but one after the other. The folder is
 * `src/test/regress` of PostgreSQL's source.
 */

/** A file takes seconds on a busy machine; one that takes minutes hangs. */
const FILE_MS_MAX = 180_000;

export interface PsqlTarget {
  /** As libpq reads it; names no password. */
  readonly conninfo: string;
  readonly password?: string;
}

export interface RegressionFiles {
  readonly folder: string;
  /** A folder with `regress.so`, made from `regress.c`; without it functions in C are missing in every run. */
  readonly library: string;
  /** A folder with a folder `results`, where server and client may write. */
  readonly output: string;
}

/** The names of the tests, in the order in which they build on each other. */
export function schedule({ folder }: RegressionFiles): string[] {
  const lines = readFileSync(join(folder, 'parallel_schedule'), 'utf8').split('\n');
  return lines.flatMap((line) => (line.startsWith('test:') ? line.slice(5).trim().split(/\s+/) : []));
}

/** What psql prints when it runs one file: both streams in one, as pg_regress takes them. */
export async function psqlOutput(files: RegressionFiles, name: string, target: PsqlTarget): Promise<string> {
  const text = readFileSync(join(files.folder, 'sql', `${name}.sql`), 'utf8');
  const settings = ['-v', 'HIDE_TABLEAM=on', '-v', 'HIDE_TOAST_COMPRESSION=on'];
  const args = ['-c', 'exec psql "$@" 2>&1', 'psql', '-X', '-a', '-q', '-d', target.conninfo, ...settings];
  const environment = {
    ...{ LANG: 'C', LC_MESSAGES: 'C', PGAPPNAME: `pg_regress/${name}` },
    ...{ PGTZ: 'America/Los_Angeles', PGDATESTYLE: 'Postgres, MDY' },
    PGOPTIONS: '-c intervalstyle=postgres_verbose',
    ...{ PG_ABS_SRCDIR: files.folder, PG_ABS_BUILDDIR: files.output },
    ...{ PG_LIBDIR: files.library, PG_DLSUFFIX: '.so' },
    ...(target.password === undefined ? {} : { PGPASSWORD: target.password }),
  };
  return (await run('sh', args, environment, text, FILE_MS_MAX)).stdout;
}

/** Whether an output is one of those that PostgreSQL's own test takes for right. */
export function isExpected({ folder }: RegressionFiles, name: string, output: string): boolean {
  const variants = [name, ...Array.from({ length: 10 }, (_, n) => `${name}_${n}`)];
  return variants.some((variant) => {
    const file = join(folder, 'expected', `${variant}.out`);
    return existsSync(file) && readFileSync(file, 'utf8') === output;
  });
}

/** Lines of the one text (counted from 1) that the other has not in their place, and what it has there. */
export interface Difference {
  readonly from: number;
  readonly to: number;
  readonly direct: readonly string[];
  readonly gateway: readonly string[];
}

/**
 * The places where `output` differs from `direct`, but for those where `again` does too: two runs with nothing between
 * psql and the server that differ there.
 */
export async function differences(direct: string, again: string, output: string): Promise<Difference[]> {
  if (output === direct || output === again) return [];
  const unstable = await compare(direct, again);
  return (await compare(direct, output)).filter(
    ({ from, to }) => !unstable.some((other) => other.from <= from && to <= other.to),
  );
}

async function compare(one: string, other: string): Promise<Difference[]> {
  const folder = mkdtempSync(join(tmpdir(), 'keyshift-diff-'));
  const [a, b] = [join(folder, 'a'), join(folder, 'b')];
  writeFileSync(a, one);
  writeFileSync(b, other);
  const { stdout } = await run('diff', ['--text', a, b], {});
  rmSync(folder, { recursive: true });
  const found: { from: number; to: number; direct: string[]; gateway: string[] }[] = [];
  for (const line of stdout.split('\n')) {
    const place = /^(\d+)(?:,(\d+))?[acd]\d/.exec(line);
    if (place !== null) {
      const from = Number(place[1]);
      found.push({ from, to: Number(place[2] ?? from), direct: [], gateway: [] });
    } else if (line.startsWith('<')) found.at(-1)?.direct.push(line.slice(2));
    else if (line.startsWith('>')) found.at(-1)?.gateway.push(line.slice(2));
  }
  return found;
}
