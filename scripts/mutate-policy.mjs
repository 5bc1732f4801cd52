// Breaks the policy engine in every way of test/mutations/policy-mutants.mjs, one at a time, in a copy of the
// sources, and runs the policy tests on each. A mutant that no test notices is printed, and the exit code is 1.
// `npm run mutants` for all, some minutes; `npm run mutants 3 14` for those of these numbers.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MUTANTS } from '../test/mutations/policy-mutants.mjs';

/** A mutant can loop without end; that is noticed too. */
const MUTANT_MS_MAX = 120_000;
const LANES = 2;
/** The quick tests first; what they let pass is compared with the reference engine. */
const STAGES = [
  [
    'test/vectors/policy.test.ts',
    ...['conditions', 'document', 'evaluate', 'pattern', 'place-sets', 'resource-side', 'values'].map(
      (name) => `test/unit/policy/${name}.test.ts`,
    ),
  ],
  ['test/unit/policy/differential.test.ts'],
];
/** The same cases for every mutant. */
const CASES = { KEYSHIFT_POLICY_CASES: '24000', KEYSHIFT_POLICY_SEED: '1' };

/** Numbers of mutants, from 1, in the order of the table. */
const wanted = new Set(process.argv.slice(2).map(Number));
const mutants = Object.entries(MUTANTS)
  .flatMap(([file, changes]) =>
    changes.map(([original, replacement]) => ({
      file,
      original,
      replacement,
      text: mutate(file, original, replacement),
    })),
  )
  .filter((_, index) => wanted.size === 0 || wanted.has(index + 1));
const folder = mkdtempSync(join(tmpdir(), 'keyshift-mutants-'));
const survivors = [];
try {
  const lanes = Array.from({ length: LANES }, (_, n) => copyTo(join(folder, String(n))));
  if (!(await passes(lanes[0]))) throw new Error('the tests fail before anything is broken');
  const queue = mutants.values();
  await Promise.all(lanes.map((lane) => work(lane, queue)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${mutants.length - survivors.length} of ${mutants.length} mutants caught`);
process.exitCode = survivors.length === 0 ? 0 : 1;

function mutate(file, original, replacement) {
  const text = readFileSync(join('src/policy', file), 'utf8');
  const parts = text.split(original);
  if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times: ${original}`);
  return parts.join(replacement);
}

function copyTo(lane) {
  mkdirSync(join(lane, 'test/unit'), { recursive: true });
  for (const path of [
    'src',
    'test/unit/policy',
    'test/vectors',
    'package.json',
    'tsconfig.json',
    'vitest.config.ts',
  ]) {
    cpSync(path, join(lane, path), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(lane, 'node_modules'));
  return lane;
}

async function work(lane, queue) {
  for (const mutant of queue) {
    const path = join(lane, 'src/policy', mutant.file);
    const before = readFileSync(path, 'utf8');
    writeFileSync(path, mutant.text);
    if (await passes(lane)) {
      survivors.push(mutant);
      console.log(`SURVIVED in src/policy/${mutant.file}:\n- ${mutant.original}\n+ ${mutant.replacement}\n`);
    }
    writeFileSync(path, before);
  }
}

async function passes(lane) {
  for (const tests of STAGES) if (!(await run(lane, tests))) return false;
  return true;
}

function run(lane, tests) {
  const vitest = resolve('node_modules/vitest/vitest.mjs');
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'unit', '--bail', '1', ...tests], {
    cwd: lane,
    env: { ...process.env, ...CASES },
    stdio: 'ignore',
    timeout: MUTANT_MS_MAX,
    killSignal: 'SIGKILL',
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('exit', (code) => done(code === 0));
  });
}
