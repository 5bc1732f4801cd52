// Prepares a folder for Terraform: the provider comes from the folder KEYSHIFT_TF_PLUGIN_DIR if it is set, else from
// Terraform's registry.
import { spawnSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const plugins = process.env.KEYSHIFT_TF_PLUGIN_DIR;
copyFileSync(join(import.meta.dirname, 'main.tf'), join(folder, 'main.tf'));
// An empty configuration of our own, so that none of this machine's is read.
writeFileSync(join(folder, 'terraform.rc'), '');
const done = spawnSync(
  'terraform',
  ['init', '-input=false', '-no-color', ...(plugins === undefined ? [] : [`-plugin-dir=${plugins}`])],
  {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, TF_CLI_CONFIG_FILE: join(folder, 'terraform.rc') },
  },
);
process.stdout.write(done.stdout);
process.stderr.write(done.stderr);
process.exit(done.status ?? 1);
