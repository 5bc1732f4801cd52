// Terraform: apply, a plan without changes, changes, a plan without changes, destroy; the block of its page; what it reads.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const FACTS = JSON.parse(process.env.INTEROP);
const SESSION = {
  AWS_ACCESS_KEY_ID: FACTS.session.accessKeyId,
  AWS_SECRET_ACCESS_KEY: FACTS.session.secretAccessKey,
  AWS_SESSION_TOKEN: FACTS.session.sessionToken,
};
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
  return terraformIn(folder, {}, ...args);
}

function terraformIn(cwd, more, ...args) {
  const own = { TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc'), TF_IN_AUTOMATION: '1' };
  const env = { ...process.env, ...own, ...more };
  const run = spawnSync('terraform', [...args, '-no-color'], { cwd, encoding: 'utf8', env });
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

/** Does something in a folder of its own with a configuration, with the provider that is installed. */
function configured(configuration, environment, work) {
  const other = mkdtempSync(join(tmpdir(), 'keyshift-terraform-'));
  try {
    for (const name of ['.terraform', '.terraform.lock.hcl'])
      cpSync(join(folder, name), join(other, name), { recursive: true, verbatimSymlinks: true });
    const provider = `terraform {
      required_providers {
        aws = {
          source  = "hashicorp/aws"
          version = "5.100.0"
        }
      }
    }`;
    writeFileSync(join(other, 'main.tf'), `${provider}\n${configuration}\n`);
    return work((...args) => terraformIn(other, environment, ...args), other);
  } finally {
    rmSync(other, { recursive: true, force: true });
  }
}

/** Applies a configuration, and destroys what it made. Gives its outputs. */
function applied(configuration, environment = {}) {
  return configured(configuration, environment, (run, other) => {
    try {
      must('apply', run('apply', '-auto-approve', '-input=false'));
      return JSON.parse(readFileSync(join(other, 'terraform.tfstate'), 'utf8')).outputs;
    } finally {
      if (configuration.includes('resource "'))
        must('destroy', run('destroy', '-auto-approve', '-input=false'));
    }
  });
}

/** The block of its page, whose port may be taken here. */
async function documented() {
  const [block] = FACTS.strings;
  const port = await freePort();
  const output = 'output "endpoint" { value = aws_redshift_cluster.warehouse.endpoint }';
  const { endpoint } = applied(`${block.replace(/= 5440$/m, `= ${port}`)}\n${output}`);
  if (endpoint.value !== `localhost:${port}`) throw new Error(`the endpoint is ${endpoint.value}`);
}

const READS = `
  data "aws_redshift_cluster" "one" { cluster_identifier = "${FACTS.cluster}" }
  data "aws_redshift_cluster_credentials" "login" {
    cluster_identifier = "${FACTS.cluster}"
    db_user            = "${FACTS.dbUser}"
    db_groups          = ["${FACTS.dbGroup}"]
    auto_create        = true
  }
  data "aws_redshiftserverless_workgroup" "default" { workgroup_name = "default" }
  data "aws_redshiftserverless_credentials" "own" { workgroup_name = "default" }
  data "aws_caller_identity" "me" {}
  output "port" { value = data.aws_redshift_cluster.one.port }
  output "user" { value = nonsensitive(data.aws_redshift_cluster_credentials.login.db_user) }
  output "me" { value = data.aws_caller_identity.me.arn }
  output "own_port" { value = data.aws_redshiftserverless_workgroup.default.endpoint[0].port }
  output "own_user" { value = nonsensitive(data.aws_redshiftserverless_credentials.own.db_user) }`;

/** A statement of the Data API, which is a resource. */
function statement() {
  const { id } = applied(`
    resource "aws_redshiftdata_statement" "one" {
      cluster_identifier = "${FACTS.cluster}"
      database           = "${FACTS.database}"
      db_user            = "${FACTS.dbUser}"
      sql                = "select :n::int"
      parameters {
        name  = "n"
        value = "7"
      }
    }
    output "id" { value = aws_redshiftdata_statement.one.id }`);
  if (!/^[0-9a-f-]{36}$/.test(id.value)) throw new Error(`the id is ${id.value}`);
}

/** Plans something that must be read, over TLS that trusts an authority and no other. */
function plannedOver(authority) {
  const environment = { AWS_ENDPOINT_URL: FACTS.endpointTls, AWS_CA_BUNDLE: authority };
  // The provider tries 25 times otherwise, for minutes.
  const me = `
    provider "aws" { max_retries = 1 }
    data "aws_caller_identity" "me" {}
    output "me" { value = data.aws_caller_identity.me.arn }`;
  return configured(me, environment, (run) => run('plan', '-input=false'));
}

function verifies() {
  const text = must('plan', plannedOver(FACTS.caFile));
  if (!text.includes(':root"')) throw new Error(`another caller: ${text}`);
  const other = plannedOver(FACTS.otherCaFile);
  if (other.code === 0 || !other.text.includes('certificate'))
    throw new Error(`another authority: ${other.text}`);
}

function checkReads({ port, user, me }, caller) {
  if (port.value !== FACTS.port) throw new Error(`the port is ${port.value}`);
  if (user.value !== `IAMA:${FACTS.dbUser}:${FACTS.dbGroup}`) throw new Error(`the user is ${user.value}`);
  if (!me.value.endsWith(caller)) throw new Error(`the caller is ${me.value}`);
}

function checkOwnLogin({ own_port, own_user }, user) {
  if (own_port.value !== FACTS.port) throw new Error(`the port is ${own_port.value}`);
  if (own_user.value !== user) throw new Error(`the user is ${own_user.value}`);
}

/** What root reads, which two scenarios are about. */
let readByRoot;
const asRoot = () => {
  readByRoot ??= applied(READS);
  return readByRoot;
};

function asRole() {
  const found = applied(READS, SESSION);
  checkReads(found, ':assumed-role/interop_role/interop');
  checkOwnLogin(found, FACTS.session.dbUser);
}

for (const name of ['terraform.tfstate', 'terraform.tfstate.backup'])
  rmSync(join(folder, name), { force: true });
const scenarios = {
  documented,
  api: () => checkReads(asRoot(), ':root'),
  iam: () => checkOwnLogin(asRoot(), 'IAM:RootIdentity'),
  data: statement,
  verify: verifies,
  token: asRole,
  lifecycle,
};
for (const [name, work] of Object.entries(scenarios)) {
  try {
    await work();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`failed ${name}: ${String(error.message).replaceAll(/\s+/g, ' ').slice(0, 1500)}`);
  }
}
