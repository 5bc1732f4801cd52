// Runs real clients against one Keyshift and prints the matrix of clients and scenarios.
//
//   npm run interop                      all clients
//   npm run interop -- psql boto3        these clients
//
// What the clients need is installed from package registries into KEYSHIFT_INTEROP_CACHE, once for each version of
// their files. A client that cannot be installed on this machine is shown as skipped, with the reason. The exit code is
// 1 when a cell failed.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { CLIENTS, INSTALLATIONS, PAGES } from './clients.mjs';
import { SCENARIOS } from './scenarios.mjs';
import { startKeyshift } from './server.mjs';

const FOLDER = import.meta.dirname;
const CACHE = process.env.KEYSHIFT_INTEROP_CACHE ?? join(homedir(), '.cache', 'keyshift-interop');
/** Installing everything of one client, and running one program, on a busy machine with two cores. */
const INSTALL_MS_MAX = 900_000;
const RUN_MS_MAX = 300_000;
/** Lines of a program's output that are shown when it fails without a word of its own. */
const TAIL_LINES = 12;

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CLIENTS.some((client) => client.name === name));
if (unknown.length > 0) {
  console.error(
    `There is no client ${unknown.join(', ')}. There are: ${CLIENTS.map(({ name }) => name).join(', ')}`,
  );
  process.exit(2);
}
const hasStrings = ({ name }) => PAGES[name] !== undefined;
const all = CLIENTS.map((client) =>
  hasStrings(client) ? { ...client, scenarios: [...client.scenarios, 'documented'] } : client,
);
const clients = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const installed = new Map();
const results = [];
for (const { installation } of clients) install(installation);
const keyshift = await startKeyshift();
try {
  for (const client of clients) {
    const outcome = install(client.installation);
    process.stderr.write(`${client.name} … `);
    const result = outcome.ok ? await runClient(client, outcome.cache) : { skipped: outcome.why };
    results.push({ client, result });
    process.stderr.write(`${summary(client, result)}\n`);
  }
} finally {
  await keyshift.close();
}
print();
process.exitCode = results.some(({ client, result }) => failures(client, result).length > 0) ? 1 : 0;

/** Installs once; gives the folder, or why there is none. */
function install(name) {
  const known = installed.get(name);
  if (known !== undefined) return known;
  const outcome = installNow(name);
  installed.set(name, outcome);
  return outcome;
}

function installNow(name) {
  const { needs, files, steps } = INSTALLATIONS[name];
  const missing = needs.filter((program) => spawnSync('which', [program]).status !== 0);
  if (missing.length > 0)
    return { ok: false, why: `${missing.join(' and ')} is not installed on this machine` };
  const hash = createHash('sha256').update(JSON.stringify(steps));
  for (const file of files) hash.update(readFileSync(join(FOLDER, file)));
  const cache = join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}`);
  const done = join(cache, '.installed');
  if (existsSync(done)) return { ok: true, cache };
  rmSync(cache, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  process.stderr.write(`installing ${name}\n`);
  for (const step of steps) {
    const [program, ...args] = step.map((part) => part.replaceAll('$CACHE', cache));
    const run = spawnSync(program, args, { cwd: FOLDER, encoding: 'utf8', timeout: INSTALL_MS_MAX });
    if (run.status === 0) continue;
    const why = `${run.stdout ?? ''}\n${run.stderr ?? ''}`.trim().split('\n').slice(-3).join(' ');
    return { ok: false, why: `cannot be installed: ${why.slice(0, 300)}` };
  }
  writeFileSync(done, '');
  return { ok: true, cache };
}

/** Runs a client's program; gives what it said of each scenario. */
async function runClient(client, cache) {
  for (const file of client.copy ?? []) copyFileSync(join(FOLDER, file), join(cache, basename(file)));
  const [program, ...args] = client.command(cache);
  const given = await keyshift.facts(client.name);
  const facts = hasStrings(client) ? { ...given, strings: strings(client.name, given) } : given;
  const child = spawn(program, args, {
    cwd: FOLDER,
    env: { ...keyshift.environment(), INTEROP: JSON.stringify(facts), ...flat(facts) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: RUN_MS_MAX,
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const code = await new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', (error) => {
      errors += String(error);
      resolve(1);
    });
  });
  const cells = new Map();
  for (const line of output.split('\n')) {
    const [, word, scenario, reason] = /^(ok|failed) ([a-z]+)(?:: (.*))?$/.exec(line) ?? [];
    if (scenario !== undefined) cells.set(scenario, word === 'ok' ? 'ok' : (reason ?? 'no reason given'));
  }
  const tail = `${output}\n${errors}`.trim().split('\n').slice(-TAIL_LINES).join('\n');
  return { cells, tail, code };
}

/** The code blocks of a client's page, in which only what differs from server to server is put in its place. */
function strings(name, facts) {
  const page = readFileSync(join(FOLDER, '..', 'docs', 'clients', `${PAGES[name]}.md`), 'utf8');
  return [...page.matchAll(/^```\w*\n(.*?)\n```$/gms)].map(([, block]) =>
    block
      .replaceAll('5439', String(facts.port))
      .replaceAll('us-east-1', facts.region)
      .replaceAll('ca.crt', facts.caFile)
      .replaceAll('$ENDPOINT', facts.endpoint),
  );
}

/** The facts again as variables, for programs that read no JSON: KS_HOST, KS_LOGIN_USER and so on. */
function flat(facts, prefix = 'KS') {
  const variables = {};
  for (const [name, value] of Object.entries(facts)) {
    const key = `${prefix}_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    if (typeof value === 'object') Object.assign(variables, flat(value, key));
    else variables[key] = String(value);
  }
  return variables;
}

function failures(client, result) {
  if (result.skipped !== undefined) return [];
  return client.scenarios.filter((scenario) => result.cells.get(scenario) !== 'ok');
}

function summary(client, result) {
  if (result.skipped !== undefined) return `skipped: ${result.skipped}`;
  const failed = failures(client, result);
  return failed.length === 0 ? 'ok' : `failed: ${failed.join(', ')}`;
}

function print() {
  const scenarios = Object.keys(SCENARIOS);
  const width = Math.max(...results.map(({ client }) => client.name.length));
  const row = (name, cells) => [name.padEnd(width), ...cells].join('  ');
  console.log(row('', scenarios));
  for (const { client, result } of results) {
    if (result.skipped !== undefined) {
      console.log(`${client.name.padEnd(width)}  skipped: ${result.skipped}`);
      continue;
    }
    const failed = new Set(failures(client, result));
    const cell = (scenario) => {
      if (!client.scenarios.includes(scenario)) return '·';
      return failed.has(scenario) ? 'FAIL' : 'ok';
    };
    console.log(
      row(
        client.name,
        scenarios.map((scenario) => cell(scenario).padEnd(scenario.length)),
      ),
    );
  }
  for (const { client, result } of results) {
    for (const scenario of failures(client, result)) {
      console.log(`\n${client.name}, ${scenario} (${SCENARIOS[scenario]}):`);
      console.log(
        result.cells.get(scenario) ?? `said nothing; it ended with ${result.code}:\n${result.tail}`,
      );
    }
  }
  const cells = results.flatMap(({ client, result }) =>
    result.skipped === undefined ? client.scenarios : [],
  );
  const failed = results.flatMap(({ client, result }) => failures(client, result));
  const skipped = results.filter(({ result }) => result.skipped !== undefined);
  console.log(`\n${cells.length - failed.length} passed, ${failed.length} failed, ${skipped.length} skipped`);
}
