import { createServer } from 'node:net';
import { type Config, GATEWAY_PORT_MAX } from './config.ts';
import { messageOf, OperatorError } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import { type Binding, listenAt } from './core/listen-at.ts';

/** Choosing and checking TCP ports before anything is made that would need them. */

const ANY_PORT_MIN = 20_000;
const ANY_PORT_TRIES_MAX = 200;

/** Throws OperatorError with the remedy when a node cannot listen where its configuration says. */
export async function requirePorts(config: Config): Promise<void> {
  await requireUsableHost(config.host);
  await requireSharedPorts(config);
  await requireFreePort(config, config.httpPort, 'KEYSHIFT_HTTP_PORT');
  await requireFreePort(config, config.httpsPort, 'KEYSHIFT_HTTPS_PORT');
  await requireFreePort(config, config.gatewayPort, 'KEYSHIFT_GATEWAY_PORT');
  await requireFreePort(config, config.sniPort ?? 0, 'KEYSHIFT_SNI_PORT');
}

/** Throws OperatorError with the remedy when nothing can listen at the address. */
export async function requireUsableHost(host: string): Promise<void> {
  const error = await tryPort({ host, sharePorts: false }, 0);
  if (error === undefined) return;
  throw new OperatorError(
    `the address "${host}" cannot be used (${messageOf(error)}): ` +
      'set KEYSHIFT_HOST to an address of this machine, such as 127.0.0.1',
    { cause: error },
  );
}

/** Throws OperatorError with the remedy when a port is taken. `setting` names where it comes from. */
export async function requireFreePort(binding: Binding, port: number, setting: string): Promise<void> {
  const error = port === 0 ? undefined : await tryPort(binding, port);
  if (error === undefined) return;
  throw new OperatorError(
    `port ${port} on ${binding.host} cannot be used (${messageOf(error)}): ` +
      `stop the program that uses it, or set ${setting} to another port (0 takes any free one)`,
    { cause: error },
  );
}

/** Throws OperatorError with the remedy when two listeners of this program cannot share a port, and shall. */
export async function requireSharedPorts(binding: Binding): Promise<void> {
  if (!binding.sharePorts) return;
  const [first, second] = [createServer(), createServer()];
  try {
    await listenAt(second, binding, await listenAt(first, binding, 0));
  } catch (error) {
    throw new OperatorError(
      `processes cannot share ports here (${messageOf(error)}): ` +
        'KEYSHIFT_SHARE_PORTS needs Linux with Node.js 22.12, 23.1 or newer; start without it',
      { cause: error },
    );
  } finally {
    for (const server of [first, second]) server.close();
  }
}

/** The port for a cluster: the first free one from `base` on, or with base 0 any free one that drivers can hold. */
export async function chooseGatewayPort(
  binding: Binding,
  base: number,
  taken: ReadonlySet<number>,
  random: RandomBytes,
): Promise<number> {
  for (const port of candidates(base, random)) {
    if (!taken.has(port) && (await tryPort(binding, port)) === undefined) return port;
  }
  throw new OperatorError(`no port up to ${GATEWAY_PORT_MAX} is free on ${binding.host} for another cluster`);
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
async function tryPort(binding: Binding, port: number): Promise<unknown> {
  const server = createServer();
  try {
    await listenAt(server, binding, port);
  } catch (error) {
    return error;
  }
  await new Promise((closed) => server.close(closed));
  return undefined;
}
