import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { endsWithin } from '../core/ends-within.ts';
import { OperatorError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { EmbeddedBinaries } from './binaries.ts';
import { type DataLayout, nameForServer } from './data-directory.ts';
import { readPostmasterFile } from './leftover.ts';
import type { ServerIdentity } from './server-identity.ts';
import { openServerLog, type ServerLog } from './server-log.ts';

/** The process of an embedded server: its start, its readiness, its end. */

/** Crash recovery replays at most a checkpoint's distance of log; minutes on a slow disk. */
const START_MS_MAX = 300_000;
const START_STEP_MS = 10;
/** Sessions of a server that was killed hold its shared memory until they notice. */
const SHARED_MEMORY_TRIES_MAX = 20;
const SHARED_MEMORY_WAIT_MS = 250;
/** PostgreSQL 18 manual, 18.5. Three steps that stay together under five seconds. */
const STOP_STEPS = [
  { signal: 'SIGINT', waitMs: 3_000 },
  { signal: 'SIGQUIT', waitMs: 1_000 },
  { signal: 'SIGKILL', waitMs: 500 },
] as const;

export interface RunningServer {
  readonly pid: number;
  readonly stop: () => Promise<void>;
  onEnd(work: () => Promise<void>): void;
}

export interface LaunchOptions {
  readonly layout: DataLayout;
  readonly binaries: EmbeddedBinaries;
  readonly identity: ServerIdentity;
  readonly settings: ReadonlyMap<string, string>;
  readonly logger: Logger;
  readonly onExit: (reason: string) => void;
}

/**
 * Starts the server and waits until it takes connections.
 * @throws OperatorError with the last lines of its log when it ends instead
 */
export async function launchServer(options: LaunchOptions): Promise<RunningServer> {
  const { layout } = options;
  const log = openServerLog(layout.log);
  try {
    for (let tries = 1; ; tries++) {
      const child = spawnServer(options, log);
      const outcome = await untilReady(child, join(layout.server, 'postmaster.pid'));
      if (outcome === 'ready') return supervise(child, log, options);
      const text = log.tail();
      if (!/shared memory block .* still in use/.test(text) || tries >= SHARED_MEMORY_TRIES_MAX) {
        throw new OperatorError(
          `PostgreSQL did not start in ${layout.root} (${outcome}): ${lastLines(text)} See ${layout.log}.`,
        );
      }
      await sleep(SHARED_MEMORY_WAIT_MS);
    }
  } catch (error) {
    log.close();
    throw error;
  }
}

function spawnServer(options: LaunchOptions, log: ServerLog): ChildProcess {
  const { layout, binaries, identity } = options;
  const settings = [...options.settings].flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return spawn(binaries.postgres, ['-D', nameForServer(layout.server), ...settings], {
    cwd: layout.server,
    env: { ...binaries.env },
    ...(identity.runAs === undefined ? {} : { uid: identity.runAs.uid, gid: identity.runAs.gid }),
    // A session of its own: Ctrl-C in the terminal reaches Keyshift, which stops the server in its order.
    detached: true,
    stdio: ['ignore', log.descriptor, log.descriptor],
  });
}

/** Waits for the status word of `postmaster.pid` (PostgreSQL 18, LOCK_FILE_LINE_PM_STATUS: line 8). */
async function untilReady(child: ChildProcess, pidFile: string): Promise<string> {
  let ended: string | undefined;
  child.once('error', (error) => {
    ended = error.message;
  });
  child.once('exit', (code, signal) => {
    ended = endReason(code, signal);
  });
  for (let waited = 0; waited < START_MS_MAX; waited += START_STEP_MS) {
    if (ended !== undefined) return ended;
    const lines = await readPostmasterFile(pidFile);
    // It may have ended while the file was read.
    if (ended !== undefined) return ended;
    if (lines?.[0] === String(child.pid) && lines[7]?.trim() === 'ready') return 'ready';
    await sleep(START_STEP_MS);
  }
  child.kill('SIGQUIT');
  return `not ready after ${START_MS_MAX / 1000} seconds`;
}

function supervise(child: ChildProcess, log: ServerLog, options: LaunchOptions): RunningServer {
  const atEnd: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const ended = new Promise<void>((done) => {
    child.once('exit', (code, signal) => {
      log.close();
      Promise.all(atEnd.map((work) => work())).then(
        () => done(),
        () => done(),
      );
      if (stopping === undefined) options.onExit(endReason(code, signal));
    });
  });
  const stop = async () => {
    for (const { signal, waitMs } of STOP_STEPS) {
      child.kill(signal);
      if (await endsWithin(ended, waitMs)) return;
      options.logger.warn({ pid: child.pid, signal }, 'the embedded server did not stop in time');
    }
  };
  return {
    pid: child.pid ?? 0,
    stop: () => {
      stopping ??= child.exitCode !== null || child.signalCode !== null ? ended : stop();
      return stopping;
    },
    onEnd: (work) => atEnd.push(work),
  };
}

function endReason(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `ended with status ${code ?? 'unknown'}` : `ended by ${signal}`;
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ');
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
