import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Endpoint } from '../../../src/client/call.ts';
import { Secret } from '../../../src/core/secret.ts';
import { cliForEverybody, ownCli } from './installation.ts';

/** A real Keyshift in a process of its own, started from the build, with data in a temporary folder. */

/** A start makes two servers and certificates; a busy machine with two cores needs a few seconds for it. */
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 15_000;

export interface Ready {
  readonly httpUrl: string;
  readonly httpsUrl: string;
  readonly gatewayHost: string;
  readonly gatewayPort: number;
  readonly sniPort?: number;
  readonly caFile: string;
  readonly pid: number;
}

export interface StartOptions {
  /** Flags of `keyshift start`; `--example` if not given. */
  readonly flags?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** An existing data folder; a new one if not given, which `close` removes. */
  readonly dataDir?: string;
  /** Another user to run as, which only root can choose. */
  readonly as?: { readonly uid: number; readonly gid: number };
}

/** A process that was started and may not be ready. */
export interface Started {
  readonly child: ChildProcess;
  /** Everything printed so far, on both streams. */
  readonly output: () => string;
  readonly stderr: () => string;
}

/** A `keyshift start` that is ready. */
export class Keyshift {
  readonly dataDir: string;
  readonly ready: Ready;
  readonly #child: ChildProcess;
  readonly #output: () => string;
  readonly #ownsDataDir: boolean;

  constructor(
    dataDir: string,
    ready: Ready,
    child: ChildProcess,
    output: () => string,
    ownsDataDir: boolean,
  ) {
    this.dataDir = dataDir;
    this.ready = ready;
    this.#child = child;
    this.#output = output;
    this.#ownsDataDir = ownsDataDir;
  }

  /** Everything that the process has printed, on standard output and standard error. */
  get output(): string {
    return this.#output();
  }

  get pid(): number {
    return this.ready.pid;
  }

  /** The root key as a client of Keyshift takes it. */
  get root(): Endpoint {
    const variables = this.environment;
    return {
      url: this.ready.httpUrl,
      region: variables['AWS_REGION'] ?? '',
      accessKeyId: variables['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: new Secret(variables['AWS_SECRET_ACCESS_KEY'] ?? ''),
    };
  }

  /** What env.sh sets, for subprocesses. */
  get environment(): Record<string, string> {
    const text = readFileSync(join(this.dataDir, 'env.sh'), 'utf8');
    const pairs = [...text.matchAll(/^export (\w+)='(.*)'$/gm)];
    return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
  }

  static async start(options: StartOptions = {}): Promise<Keyshift> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'keyshift-walk-')));
    return Keyshift.#start({ ...options, dataDir }, options.dataDir === undefined);
  }

  /** Starts it again on the same data, after `stop` or `kill`. The new one removes the folder if this one had to. */
  async again(options: Omit<StartOptions, 'dataDir'> = {}): Promise<Keyshift> {
    return Keyshift.#start({ ...options, dataDir: this.dataDir }, this.#ownsDataDir);
  }

  static async #start(
    options: StartOptions & { readonly dataDir: string },
    ownsDataDir: boolean,
  ): Promise<Keyshift> {
    const { dataDir } = options;
    const { child, output } = launch(options);
    const readyFile = join(dataDir, 'ready.json');
    const deadline = AbortSignal.timeout(READY_MS_MAX);
    for (;;) {
      const ready = readReady(readyFile, child.pid);
      if (ready !== undefined) return new Keyshift(dataDir, ready, child, output, ownsDataDir);
      if (child.exitCode !== null || child.signalCode !== null || deadline.aborted) {
        child.kill('SIGKILL');
        throw new Error(`keyshift did not become ready: ${output()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Ends it as an operator does, and gives the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  /** Ends it as a crash does. The embedded servers are left behind, as they would be. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops it and removes a data folder that this made. */
  async close(): Promise<void> {
    await this.stop();
    if (this.#ownsDataDir) await rm(this.dataDir, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return this.#child.exitCode;
    const exited = once(this.#child, 'exit', { signal: AbortSignal.timeout(STOP_MS_MAX) });
    this.#child.kill(signal);
    await exited;
    return this.#child.exitCode;
  }
}

/** Runs `keyshift start` until it ends by itself, for starts that must fail. */
export async function failingStart(
  options: StartOptions & { readonly dataDir: string },
): Promise<{ readonly code: number | null; readonly output: string; readonly stderr: string }> {
  const { child, output, stderr } = launch(options);
  const timer = setTimeout(() => child.kill('SIGKILL'), READY_MS_MAX);
  await once(child, 'close');
  clearTimeout(timer);
  return { code: child.exitCode, output: output(), stderr: stderr() };
}

/** Starts the process, and does not wait for anything. */
export function launch(options: StartOptions & { readonly dataDir: string }): Started {
  const cli = options.as === undefined ? ownCli : cliForEverybody();
  const child = spawn(process.execPath, [cli, 'start', ...(options.flags ?? ['--example'])], {
    env: {
      ...withoutKeyshift(process.env),
      KEYSHIFT_DATA_DIR: options.dataDir,
      KEYSHIFT_HTTP_PORT: '0',
      KEYSHIFT_HTTPS_PORT: '0',
      KEYSHIFT_GATEWAY_PORT: '0',
      KEYSHIFT_UNSAFE_NO_FSYNC: '1',
      ...options.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.as === undefined ? {} : { ...options.as, cwd: '/' }),
  });
  let text = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString();
    errors += chunk.toString();
  });
  return { child, output: () => text, stderr: () => errors };
}

function readReady(file: string, pid: number | undefined): Ready | undefined {
  if (!existsSync(file)) return undefined;
  const ready = JSON.parse(readFileSync(file, 'utf8')) as Ready;
  // A killed process leaves its file behind.
  return ready.pid === pid ? ready : undefined;
}

function withoutKeyshift(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('KEYSHIFT_') && !name.startsWith('AWS_')),
  );
}
