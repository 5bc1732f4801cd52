// Runs real clients against one Keyshift and prints the matrix of clients and scenarios.
//
//   npm run interop                      all clients
//   npm run interop -- psql boto3        these clients
//
// What the clients need is installed first (installations.mjs). A client that cannot be installed on this machine is
// shown as skipped, with the reason. The exit code is 1 when a cell failed. With KEYSHIFT_INTEROP_REPORT the counts are
// written to that file, as JSON.
import { spawn } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CLIENTS, PAGES, WITHOUT_PROGRAM } from './clients.mjs';
import { installAll } from './installations.mjs';
import { count, failures, print, summary } from './matrix.mjs';
import { startKeyshift } from './server.mjs';

const FOLDER = import.meta.dirname;
/** Running one program on a very busy machine with two cores: Terraform starts its provider a dozen times. */
const RUN_MS_MAX = 600_000;
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
const clients = CLIENTS.filter(({ name }) => wanted.length === 0 || wanted.includes(name));

const installed = await installAll([...new Set(clients.map(({ installation }) => installation))]);
const rows = [];
const keyshift = await startKeyshift();
try {
  for (const client of clients) {
    process.stderr.write(`${client.name} … `);
    const outcome = installed.get(client.installation);
    const result = outcome.cache === undefined ? outcome : await runClient(client, outcome.cache);
    rows.push({ client, result });
    process.stderr.write(`${summary(rows.at(-1))}\n`);
  }
} finally {
  await keyshift.close();
}
if (wanted.length === 0)
  for (const [name, why] of Object.entries(WITHOUT_PROGRAM))
    rows.push({ client: { name, scenarios: [], without: {} }, result: { skipped: why } });
print(rows);
const report = process.env.KEYSHIFT_INTEROP_REPORT;
if (report !== undefined) writeFileSync(report, JSON.stringify(count(rows)));
process.exitCode = rows.some((row) => failures(row).length > 0) ? 1 : 0;

/** Runs a client's program; gives what it said of each scenario. */
async function runClient(client, cache) {
  for (const file of client.copy ?? []) copyFileSync(join(FOLDER, file), join(cache, basename(file)));
  const [program, ...args] = client.command(cache);
  const given = await keyshift.facts(client.name);
  const facts = PAGES[client.name] === undefined ? given : { ...given, strings: strings(client.name, given) };
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
      .replaceAll('https://localhost:8443', facts.endpointTls)
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
