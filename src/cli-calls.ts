import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type CallResult, call, type Endpoint, type ServiceName } from './client/call.ts';
import { NoAnswer } from './client/post.ts';
import type { Config } from './config.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import { existingDataDirectory } from './data-directory.ts';
import { type Environment, readEnvFile } from './env-file.ts';

/** Commands that call a running Keyshift, through the same API, policy and audit as everybody, with the root key. */

/** The service of Keyshift's own operations. */
const SERVICE: ServiceName = { name: 'keyshift', version: '2026-11-22' };
const PAGE = 500;
const SECONDS = new Map([
  ['s', 1],
  ['m', 60],
  ['h', 3600],
]);

/** Moves the clock by `by`, such as `+900s`. Returns what to print. Throws OperatorError. */
export async function moveClock(place: Place, by: string, at: Date): Promise<string> {
  const parts = /^([+-])(\d{1,8})([smh])$/.exec(by);
  if (parts === null) throw new OperatorError(`"${by}" is not a distance in time: write +900s, -15m or +1h`);
  const seconds = Number(`${parts[1]}${parts[2]}`) * (SECONDS.get(parts[3] ?? '') ?? 1);
  const result = await ask(place, 'MoveClock', { BySeconds: String(seconds) }, at);
  return `The time is now ${result.texts('Now')[0]} (${result.texts('OffsetSeconds')[0]} seconds from the system's).`;
}

/**
 * Makes the policy in `file` the guardrail of the account, and ends what was issued before if that is wanted. Returns
 * what to print. Throws OperatorError.
 */
export async function setGuardrail(
  place: Place,
  file: string,
  andSessions: boolean,
  at: Date,
): Promise<string> {
  const document = await calling(() => readFile(file, 'utf8'));
  await ask(place, 'PutAccountGuardrail', { PolicyDocument: document }, at);
  const set = 'The guardrail is set, and holds from the next request on.';
  if (!andSessions) return set;
  // By the server's clock, which need not be ours.
  const [IssuedBefore = ''] = (await ask(place, 'GetAccountGuardrail', {}, at)).texts('ChangedAt');
  const parameters = { IssuedBefore, Reason: 'keyshift:PutAccountGuardrail' };
  const answer = await ask(place, 'RevokeAccess', parameters, at);
  return `${set}\nRevoked all that was issued before; ${answer.texts('SessionsEnded')[0] ?? '0'} session(s) ended.`;
}

/** Removes the guardrail of the account. Returns what to print. Throws OperatorError. */
export async function removeGuardrail(place: Place, at: Date): Promise<string> {
  await ask(place, 'DeleteAccountGuardrail', {}, at);
  return 'The guardrail is removed.';
}

/** The guardrail of the account, as it was written. Throws OperatorError, also when there is none. */
export async function showGuardrail(place: Place, at: Date): Promise<string> {
  const result = await ask(place, 'GetAccountGuardrail', {}, at);
  return result.texts('PolicyDocument')[0] ?? '';
}

/** What decided the refusal with this id, or the latest one, for a person. Throws OperatorError. */
export async function explainRefusal(place: Place, id: string | undefined, at: Date): Promise<string> {
  const parameters: Record<string, string> = id === undefined ? {} : { DecisionId: id };
  const result = await ask(place, 'ExplainDecision', parameters, at);
  return result.texts('member').join('\n');
}

/** Gives every event after `after` to `print`, as a line of JSON. Throws OperatorError. */
export async function printAudit(
  place: Place,
  after: string,
  now: () => Date,
  print: (line: string) => void,
): Promise<void> {
  // The end is fixed by a page that is not full; reading the log itself adds an event for each page.
  for (let from: string | undefined = after; from !== undefined; ) {
    const parameters: Record<string, string> = { AfterSequence: from, MaxItems: String(PAGE) };
    const result: CallResult = await ask(place, 'GetAuditEvents', parameters, now());
    const lines = result.texts('member');
    for (const line of lines) print(line);
    from = lines.length === PAGE ? result.texts('LastSequence')[0] : undefined;
  }
}

/** The running Keyshift and whom to be there: the root user of a data folder's account, or as a file like env.sh says. */
export type Place = Pick<Config, 'dataDir' | 'envFile'>;

/** The API that the commands call, and the key that they call it with. Throws OperatorError. */
function endpointOf(place: Place): Endpoint {
  const { endpointUrl, region, accessKeyId, secretAccessKey, caFile } = environmentOf(place);
  const ca = endpointUrl.startsWith('https:') ? trusted(caFile) : undefined;
  return { url: endpointUrl, region, accessKeyId, secretAccessKey, ca };
}

/** The certificate of a file that the environment names; the system's certificates are trusted if there is none. */
function trusted(caFile: string | undefined): string | undefined {
  return caFile !== undefined && existsSync(caFile) ? readFileSync(caFile, 'utf8') : undefined;
}

/** The same as it is written for shells. Throws OperatorError. */
export function environmentOf({ dataDir, envFile }: Place): Environment {
  if (envFile !== undefined) return readEnvFile(envFile);
  const directory = existingDataDirectory(dataDir);
  if (!existsSync(directory.readyFile)) throw notRunning();
  return readEnvFile(directory.envFile);
}

/** What a group of commands works with. */
export interface Surroundings {
  readonly place: () => Place;
  readonly now: () => Date;
  readonly print: (line: string) => void;
}

export type Ask = (action: string, parameters: Readonly<Record<string, string>>) => Promise<CallResult>;

/** Asks for a group of commands. Throws OperatorError. */
export function asking({ place, now }: Surroundings, service = SERVICE): Ask {
  return (action, parameters) => ask(place(), action, parameters, now(), service);
}

/** Calls one operation. Throws OperatorError. */
function ask(
  place: Place,
  action: string,
  parameters: Readonly<Record<string, string>>,
  at: Date,
  service = SERVICE,
): Promise<CallResult> {
  return calling(() => call(endpointOf(place), service, action, parameters, at));
}

/** Turns what a call throws into an OperatorError. */
async function calling<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NoAnswer) throw notRunning(error);
    throw new OperatorError(messageOf(error), { cause: error });
  }
}

/** The reason is told where it is another one than that nobody listens. */
function notRunning(cause?: NoAnswer): OperatorError {
  const why = cause === undefined || cause.isRefused ? '' : ` (${messageOf(cause.cause)})`;
  return new OperatorError(`Keyshift is not running there: start it, or set KEYSHIFT_DATA_DIR${why}`, {
    cause,
  });
}
