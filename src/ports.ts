import { createServer } from 'node:net';
import { GATEWAY_PORT_MAX } from './config.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';

/** Choosing and checking TCP ports before anything is made that would need them. */

const ANY_PORT_MIN = 20_000;
const ANY_PORT_TRIES_MAX = 200;

/** Throws OperatorError with the remedy when nothing can listen at the address. */
export async function requireUsableHost(host: string): Promise<void> {
  const error = await tryPort(host, 0);
  if (error === undefined) return;
  throw new OperatorError(
    `the address "${host}" cannot be used (${messageOf(error)}): ` +
      'set KEYSHIFT_HOST to an address of this machine, such as 127.0.0.1',
    { cause: error },
  );
}

/** Throws OperatorError with the remedy when a port is taken. `setting` names where it comes from. */
export async function requireFreePort(host: string, port: number, setting: string): Promise<void> {
  const error = port === 0 ? undefined : await tryPort(host, port);
  if (error === undefined) return;
  throw new OperatorError(
    `port ${port} on ${host} cannot be used (${messageOf(error)}): ` +
      `stop the program that uses it, or set ${setting} to another port (0 takes any free one)`,
    { cause: error },
  );
}

/** The port for a cluster: the first free one from `base` on, or with base 0 any free one that drivers can hold. */
export async function chooseGatewayPort(
  host: string,
  base: number,
  taken: ReadonlySet<number>,
  random: RandomBytes,
): Promise<number> {
  for (const port of candidates(base, random)) {
    if (!taken.has(port) && (await tryPort(host, port)) === undefined) return port;
  }
  throw new OperatorError(`no port up to ${GATEWAY_PORT_MAX} is free on ${host} for another cluster`);
}

function* candidates(base: number, random: RandomBytes): Generator<number> {
  if (base > 0) {
    for (let port = base; port <= GATEWAY_PORT_MAX; port++) yield port;
    return;
  }
  for (let tries = 0; tries < ANY_PORT_TRIES_MAX; tries++) {
    yield ANY_PORT_MIN + (random(2).readUInt16BE() % (GATEWAY_PORT_MAX - ANY_PORT_MIN + 1));
  }
}

/** The port of the cluster that was made first; undefined while there is none. */
export function firstPort(
  clusters: readonly { readonly createdAt: Date; readonly port: number }[],
): number | undefined {
  return [...clusters].sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())[0]?.port;
}

/** The system's error when a listener cannot be opened there, or undefined. */
function tryPort(host: string, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen(port, host, () => server.close(() => resolve(undefined)));
  });
}
