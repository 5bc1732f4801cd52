// Terraform: apply, a plan without changes, changes, a plan without changes, destroy.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
/** Exit codes of `plan -detailed-exitcode`. */
const NO_CHANGES = 0;

async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer();
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}

function terraform(...args) {
  const run = spawnSync('terraform', [...args, '-no-color'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc'), TF_IN_AUTOMATION: '1' },
  });
  return { code: run.status, text: `${run.stdout}${run.stderr}` };
}

function must(what, run) {
  if (run.code !== 0) throw new Error(`${what}: ${run.text.slice(-1500)}`);
  return run.text;
}

async function lifecycle() {
  const variables = [`-var=port=${await freePort()}`];
  const apply = (...more) => terraform('apply', '-auto-approve', '-input=false', ...variables, ...more);
  const noChanges = (what, ...more) => {
    const plan = terraform('plan', '-detailed-exitcode', '-input=false', ...variables, ...more);
    if (plan.code !== NO_CHANGES) throw new Error(`${what}: ${plan.text.slice(-1500)}`);
  };
  try {
    must('apply', apply());
    noChanges('a second plan');
    must('a change', apply('-var=node_type=ra3.xlplus', '-var=timeout=30000'));
    noChanges('a plan after the change', '-var=node_type=ra3.xlplus', '-var=timeout=30000');
    const endpoint = must('output', terraform('output', '-raw', 'endpoint'));
    if (!/^localhost:\d+$/.test(endpoint)) throw new Error(`the endpoint is ${endpoint}`);
  } finally {
    must('destroy', terraform('destroy', '-auto-approve', '-input=false', ...variables));
  }
}

for (const name of ['terraform.tfstate', 'terraform.tfstate.backup'])
  rmSync(join(folder, name), { force: true });
try {
  await lifecycle();
  console.log('ok lifecycle');
} catch (error) {
  console.log(`failed lifecycle: ${String(error.message).replaceAll(/\s+/g, ' ').slice(0, 1500)}`);
}
