#!/usr/bin/env node
import { Command } from 'commander';
import { addAccessCommands } from './cli-access.ts';
import { addAccountCommands } from './cli-accounts.ts';
import {
  explainRefusal,
  moveClock,
  type Place,
  printAudit,
  removeGuardrail,
  setGuardrail,
  showGuardrail,
} from './cli-calls.ts';
import { type LintFlags, lintFile } from './cli-policy.ts';
import { addRemoveCommand } from './cli-remove.ts';
import { addWhoCanCommands } from './cli-who-can.ts';
import { OPTIONS, type Option, readConfig } from './config.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import { openLog } from './log.ts';
import { type RunningServer, startServer } from './server.ts';
import { printStartPage, removeReadyFile, writeStartFiles } from './start-page.ts';

/** The command `keyshift`: the only file that prints, reads the environment and ends the process. */

/** SIGTERM to exit, at the most; what is left then is abandoned. */
const STOP_MS_MAX = 9_000;

const program = new Command('keyshift')
  .description('Temporary PostgreSQL logins decided by IAM policy')
  .showHelpAfterError();

const start = program.command('start').description('start Keyshift and serve until SIGTERM or Ctrl-C');
for (const option of OPTIONS as readonly Option[]) {
  if (option.flag !== undefined) start.option(option.flag, describe(option));
}
start.addHelpText('after', () => `\nEnvironment:\n${environmentHelp()}`);
start.action(async (flags: Readonly<Record<string, string | boolean>>) => {
  const config = readConfig(process.env, toTexts(flags));
  const stop = new AbortController();
  const starting = startServer(config, process.env, openLog(config.logLevel), stop.signal);
  stopOnSignal(async () => {
    stop.abort();
    // A start that is broken off has closed what it opened.
    const started = await starting.catch(() => undefined);
    if (started === undefined) return;
    removeReadyFile(started);
    await started.close();
  });
  const server = await starting.catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  if (server === undefined || stop.signal.aborted) return;
  writeStartFiles(server, config);
  reloadOnHangup(server);
  console.log(printStartPage(server, config));
});

program
  .command('clock')
  .description('move the clock of a Keyshift that was started with --test-clock, for example by +900s')
  .argument('<by>', 'how far: +900s, -15m, +1h')
  // A distance backwards looks like an option.
  .allowUnknownOption()
  .action(async (by: string) => console.log(await moveClock(place(), by, new Date())));

program
  .command('audit')
  .description('print the audit log as JSON lines, oldest first')
  .option('--after <sequence>', 'only events after this sequence number', '0')
  .action(async ({ after }: { after: string }) => {
    await printAudit(
      place(),
      after,
      () => new Date(),
      (line) => process.stdout.write(`${line}\n`),
    );
  });

program
  .command('explain')
  .description('say why a call or login was refused: what each policy said, and what would have to change')
  .argument('[id]', 'the request id of the refused call (the latest refused call if not given)')
  .action(async (id: string | undefined) => console.log(await explainRefusal(place(), id, new Date())));

const guardrail = program
  .command('guardrail')
  .description('the policy that limits everybody in the account, the root user too');
guardrail
  .command('show')
  .description('print it')
  .action(async () => console.log(await showGuardrail(place(), new Date())));
guardrail
  .command('set')
  .description('set it, or replace it')
  .argument('<file>', 'an IAM policy document')
  .option('--and-sessions', 'also revoke all credentials issued before, and end their sessions', false)
  .action(async (file: string, { andSessions }: { andSessions: boolean }) =>
    console.log(await setGuardrail(place(), file, andSessions, new Date())),
  );
guardrail
  .command('remove')
  .description('remove it')
  .action(async () => console.log(await removeGuardrail(place(), new Date())));
program
  .command('policy')
  .description('work on policies, without a running Keyshift')
  .command('lint')
  .description('say what a policy allows that its author may not have meant')
  .argument('<file>', 'a policy as JSON; - for standard input')
  .option('--type <type>', 'identity, managed or trust', 'identity')
  .option('--superuser <name...>', 'database users that are superusers', [])
  .option('--json', 'print the findings as JSON', false)
  .addHelpText(
    'after',
    '\nExit code: 0 nothing but notes, 1 a danger or a warning, 2 IAM would refuse the policy.',
  )
  .action((file: string, flags: LintFlags) => {
    const { text, exitCode } = lintFile(file, flags);
    console.log(text);
    process.exitCode = exitCode;
  });
const surroundings = {
  place,
  now: () => new Date(),
  print: (line: string) => process.stdout.write(`${line}\n`),
};
addAccessCommands(program, surroundings);
addRemoveCommand(program, surroundings);
addAccountCommands(program, surroundings);
addWhoCanCommands(program, surroundings);

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof OperatorError ? `keyshift: ${error.message}` : error);
  process.exitCode = 1;
});

function place(): Place {
  return readConfig(process.env);
}

function toTexts(flags: Readonly<Record<string, string | boolean>>): Map<string, string> {
  return new Map(Object.entries(flags).map(([name, value]) => [name, String(value)]));
}

function describe(option: Option): string {
  const from =
    option.env === undefined ? '' : ` (${option.env}${option.default === '' ? '' : `, ${option.default}`})`;
  return `${option.meaning}${from}`;
}

function environmentHelp(): string {
  const rows: readonly Option[] = OPTIONS;
  return rows
    .filter((option) => option.env !== undefined && option.flag === undefined)
    .map((option) => `  ${option.env}\n      ${option.meaning}`)
    .join('\n');
}

/** A service reads its files again at SIGHUP; to a program in a terminal the signal says that the terminal is gone. */
function reloadOnHangup(server: RunningServer): void {
  if (process.stdin.isTTY || process.stdout.isTTY) return;
  process.on('SIGHUP', () => void server.reload());
}

function stopOnSignal(close: () => Promise<void>): void {
  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_MS_MAX).unref();
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(`keyshift: ${messageOf(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}
