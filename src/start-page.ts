import { rmSync } from 'node:fs';
import type { Config } from './config.ts';
import { writePublicFile } from './data-directory.ts';
import { writeEnvFile } from './env-file.ts';
import { EXAMPLE } from './example.ts';
import type { RunningServer } from './server.ts';

/** What `keyshift start` leaves for people and programs when it is ready. */

/** Writes env.sh and ready.json; the latter last, because programs wait for it. */
export function writeStartFiles(server: RunningServer, config: Config): void {
  const { httpUrl, httpsUrl, gatewayHost, gatewayPort, sniPort, directory, caFile, rootKey } = server;
  writeEnvFile(directory.envFile, {
    // On loopback every client can use plain HTTP; elsewhere the answers hold passwords and need TLS.
    endpointUrl: isLoopback(config.host) ? httpUrl : httpsUrl,
    region: config.region,
    accessKeyId: rootKey.accessKeyId,
    secretAccessKey: rootKey.secret,
    caFile,
  });
  const ready = {
    httpUrl,
    httpsUrl,
    gatewayHost,
    gatewayPort,
    sniPort,
    caFile,
    pid: process.pid,
  };
  writePublicFile(directory.readyFile, `${JSON.stringify(ready, undefined, 2)}\n`);
}

/** Takes back what says that Keyshift is ready. */
export function removeReadyFile(server: RunningServer): void {
  rmSync(server.directory.readyFile, { force: true });
}

/** The page that is printed when everything serves. */
export function printStartPage(server: RunningServer, config: Config): string {
  const { gatewayHost, gatewayPort, directory } = server;
  const lines = [
    'Keyshift is ready.',
    '',
    `  AWS API    ${server.httpUrl}   ${server.httpsUrl}`,
    gatewayPort === undefined
      ? '  SQL        no cluster yet: make one with aws redshift create-cluster'
      : `  SQL        ${gatewayHost}:${gatewayPort} (TLS)`,
    ...(server.sniPort === undefined
      ? []
      : [`             *.${config.accountId}.${gatewayHost}:${server.sniPort} (every cluster by its name)`]),
    `  Account    ${config.accountId}, region ${config.region}`,
    `  Data       ${directory.root}`,
    '',
  ];
  if (config.testClock) lines.push('  THE CLOCK CAN BE MOVED (--test-clock): for tests only.', '');
  if (config.unsafeNoFsync)
    lines.push('  WITHOUT FSYNC (KEYSHIFT_UNSAFE_NO_FSYNC): a power failure destroys the data.', '');
  lines.push('Next, in another shell:', '', `  . ${directory.envFile}`);
  if (config.example) {
    lines.push(
      `  aws redshift get-cluster-credentials --cluster-identifier ${EXAMPLE.cluster} \\`,
      `      --db-user ${EXAMPLE.dbUser} --db-name ${EXAMPLE.database} --db-groups ${EXAMPLE.dbGroup}`,
      `  psql "host=${gatewayHost} port=${gatewayPort} dbname=${EXAMPLE.database} user=IAM:${EXAMPLE.dbUser}:${EXAMPLE.dbGroup} sslmode=verify-full"`,
    );
  } else lines.push('  aws sts get-caller-identity');
  return lines.join('\n');
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
