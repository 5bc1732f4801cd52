import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { EXAMPLE } from '../../../src/example.ts';
import type { Keyshift } from './keyshift.ts';
import type { Login } from './logins.ts';
import { type RunResult, run } from './run.ts';

/** psql, unmodified, as people use it: over TLS with the server's certificate verified. */

export interface PsqlTarget {
  readonly database?: string;
  readonly sslmode?: string;
  readonly environment?: Readonly<Record<string, string>>;
}

function conninfo(keyshift: Keyshift, login: Login, target: PsqlTarget): string {
  const { database = EXAMPLE.database, sslmode = 'verify-full' } = target;
  const { gatewayHost, gatewayPort } = keyshift.ready;
  return `host=${gatewayHost} port=${gatewayPort} dbname=${database} user=${login.user} sslmode=${sslmode}`;
}

/** Runs statements, one after the other, in one psql; its output holds values only, a line for each row. */
export function psql(
  keyshift: Keyshift,
  login: Login,
  statements: readonly string[],
  target: PsqlTarget = {},
): Promise<RunResult> {
  const args = ['-XqAt', '-v', 'VERBOSITY=verbose', '-d', conninfo(keyshift, login, target)];
  for (const statement of statements) args.push('-c', statement);
  const environment = { ...keyshift.environment, PGPASSWORD: login.password, ...target.environment };
  return run('psql', args, environment);
}

/** How long one answer may take. */
const ANSWER_MS_MAX = 20_000;

/** A psql that stays open between statements. */
export class PsqlSession {
  readonly #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #stderr = '';
  #asked = 0;

  constructor(keyshift: Keyshift, login: Login, target: PsqlTarget = {}) {
    const args = ['-XqAt', '-v', 'VERBOSITY=verbose', '-d', conninfo(keyshift, login, target)];
    this.#child = spawn('psql', args, {
      env: { PATH: process.env['PATH'], ...keyshift.environment, PGPASSWORD: login.password },
      stdio: 'pipe',
    });
    this.#child.stdin.on('error', () => {});
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.#stdout += chunk.toString();
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr += chunk.toString();
    });
  }

  /** Sends Ctrl-C, which cancels the statement that runs. */
  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  /** Runs statements and gives what psql printed for them. */
  async ask(sql: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const mark = `-- answered ${++this.#asked} --`;
    this.#child.stdin.write(`${sql}\n\\echo '${mark}'\n\\warn '${mark}'\n`);
    const deadline = AbortSignal.timeout(ANSWER_MS_MAX);
    while (!this.#stdout.includes(mark) || !this.#stderr.includes(mark)) {
      if (this.#child.exitCode !== null || deadline.aborted) throw new Error(`psql ended: ${this.#stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const stdout = this.#stdout.slice(0, this.#stdout.indexOf(mark)).trim();
    const stderr = this.#stderr.slice(0, this.#stderr.indexOf(mark)).trim();
    this.#stdout = '';
    this.#stderr = '';
    return { stdout, stderr };
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    this.#child.stdin.end('\\q\n');
    await once(this.#child, 'exit');
  }
}
