// What the clients are installed from, each into a folder of the cache that is named for its files: a second run finds
// it there. What cannot be installed here is told with the reason, and its clients are skipped by name.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const FOLDER = import.meta.dirname;
const CACHE = process.env.KEYSHIFT_INTEROP_CACHE ?? join(homedir(), '.cache', 'keyshift-interop');
/** One step: downloading the largest part over a slow line, or building it on a busy machine with two cores. */
const STEP_MS_MAX = 420_000;
/** A registry that does not answer now may answer later. */
const ATTEMPTS = 3;
const PAUSE_MS = 5_000;
/** Characters that are kept of a step's output, and those of a reason. */
const OUTPUT_CHARACTERS = 10_000;
const REASON_CHARACTERS = 300;

const pip = (requirements) => [
  ['python3', '-m', 'venv', '$CACHE'],
  ['$CACHE/bin/pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements],
];

const JAVA = ['Scenarios', 'AwsSdk', 'PgJdbc', 'RedshiftJdbc'].map((name) => `java/${name}.java`);

/**
 * `needs`: programs that must be there. `install`: steps that may fail where a registry cannot be reached. `build`: steps
 * that may not, because what they work on is ours: clients whose program cannot be built have failed.
 */
const INSTALLATIONS = {
  python: {
    needs: ['python3'],
    files: ['python/requirements.txt'],
    install: pip('python/requirements.txt'),
  },
  dbt: { needs: ['python3'], files: ['dbt/requirements.txt'], install: pip('dbt/requirements.txt') },
  node: {
    needs: ['npm'],
    files: ['node/package.json', 'node/package-lock.json'],
    install: [
      ['cp', 'node/package.json', 'node/package-lock.json', '$CACHE'],
      ['npm', 'ci', '--silent', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', '$CACHE'],
    ],
  },
  java: {
    needs: ['javac', 'mvn'],
    files: ['java/pom.xml', ...JAVA],
    install: [
      [
        'mvn',
        '--quiet',
        '--batch-mode',
        '--file',
        'java/pom.xml',
        'dependency:copy-dependencies',
        '-DoutputDirectory=$CACHE',
      ],
    ],
    build: [['javac', '-cp', '$CACHE/*', '-d', '$CACHE/classes', ...JAVA]],
  },
  go: {
    needs: ['go'],
    files: [
      'go.mod',
      'go.sum',
      'main.go',
      'api.go',
      'sql.go',
      'copy.go',
      'pool.go',
      'scenarios.go',
      'documented.go',
      'data.go',
    ].map((file) => `go/${file}`),
    install: [['go', 'mod', 'download', '-C', 'go']],
    build: [['go', 'build', '-C', 'go', '-o', '$CACHE/interop', '.']],
  },
  terraform: {
    needs: ['terraform'],
    files: ['terraform/main.tf', 'terraform/install.mjs'],
    install: [['node', 'terraform/install.mjs', '$CACHE']],
  },
  psql: { needs: ['psql'], files: [], install: [] },
  pgbouncer: { needs: ['pgbouncer', 'psql'], files: [], install: [] },
};

/** Installs these, all at once. Gives for each its folder, or why it is skipped, or why it has failed. */
export async function installAll(names) {
  const outcomes = await Promise.all(names.map(async (name) => [name, await install(name)]));
  return new Map(outcomes);
}

async function install(name) {
  const { needs, files, install: steps, build = [] } = INSTALLATIONS[name];
  const missing = needs.filter((program) => spawnSync('which', [program]).status !== 0);
  if (missing.length > 0) return { skipped: `${missing.join(' and ')} is not installed on this machine` };
  const hash = createHash('sha256').update(JSON.stringify([steps, build]));
  for (const file of files) hash.update(readFileSync(join(FOLDER, file)));
  const cache = join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}`);
  const done = join(cache, '.installed');
  if (existsSync(done)) return { cache };
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  process.stderr.write(`installing ${name}\n`);
  for (const step of steps) {
    const why = await repeat(step, cache);
    if (why !== undefined) return { skipped: `cannot be installed: ${why}` };
  }
  for (const step of build) {
    const why = await run(step, cache);
    if (why !== undefined) return { failed: `cannot be built: ${why}` };
  }
  writeFileSync(done, '');
  process.stderr.write(`installed ${name}\n`);
  return { cache };
}

async function repeat(step, cache) {
  for (let attempt = 1; ; attempt++) {
    const why = await run(step, cache);
    if (why === undefined || attempt === ATTEMPTS) return why;
    process.stderr.write(`${step[0]} failed and is tried again: ${why}\n`);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Runs a step; gives its last lines when it fails. */
function run(step, cache) {
  const [program, ...args] = step.map((part) => part.replaceAll('$CACHE', cache));
  const child = spawn(program, args, {
    cwd: FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_MS_MAX,
    killSignal: 'SIGKILL',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output = (output + chunk).slice(-OUTPUT_CHARACTERS);
    });
  }
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(String(error)));
    child.on('close', (code, signal) => {
      resolve(code === 0 ? undefined : `${reason(output)} (${signal ?? code})`);
    });
  });
}

/** What a failed step said of its failure: from the first error on, or else its last lines. */
function reason(output) {
  const lines = output
    .split('\n')
    .map((line) => line.replace(/^[│╷╵\s]+/, ''))
    .filter((line) => line !== '');
  const error = lines.findIndex((line) => /\b(?:error|fatal)\b/i.test(line));
  return (error === -1 ? lines.slice(-3) : lines.slice(error, error + 3))
    .join(' ')
    .slice(0, REASON_CHARACTERS);
}
