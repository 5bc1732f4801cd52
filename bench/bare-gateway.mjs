// The limit for logins and for the relay: what a process on Node's public API cannot leave out that speaks TLS to
// PostgreSQL's clients. It believes every password and every byte. Arguments: certificate and key in PEM files, and the
// port of a server to relay to, or nothing: then it answers a login and each query itself, and has no backend.
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';

const [certificate, key, serverPath] = process.argv.slice(2);
const context = createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
const message = (letter, ...parts) => {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)),
  );
  const head = Buffer.alloc(5, letter);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const number = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const ASK_FOR_PASSWORD = message('R', number(3));
const READY = message('Z', Buffer.from('I'));
const PARAMETERS = {
  ...{ in_hot_standby: 'off', integer_datetimes: 'on', TimeZone: 'Etc/UTC', IntervalStyle: 'postgres' },
  ...{ search_path: '"$user", public', is_superuser: 'off', application_name: 'pgbench' },
  ...{ default_transaction_read_only: 'off', scram_iterations: '4096', DateStyle: 'ISO, MDY' },
  ...{ standard_conforming_strings: 'on', session_authorization: 'bench', client_encoding: 'UTF8' },
  ...{ server_version: '18.0', server_encoding: 'UTF8' },
};
const WELCOME = Buffer.concat([
  message('R', number(0)),
  ...Object.entries(PARAMETERS).map(([name, value]) => message('S', name, value)),
  message('K', number(1), number(2)),
  READY,
]);
const ANSWER = Buffer.concat([message('C', 'SELECT 1'), READY]);

const server = createServer({ noDelay: true }, (plain) => {
  plain.on('error', () => {});
  plain.once('data', () => {
    plain.pause();
    plain.write('S');
    const client = new TLSSocket(plain, { isServer: true, secureContext: context });
    client.on('error', () => plain.destroy());
    if (serverPath === undefined) answer(client);
    else relay(client);
  });
});

/** Startup packet, password, queries, Terminate: each comes in a read of its own. */
function answer(client) {
  let reads = 0;
  client.on('data', (bytes) => {
    reads++;
    if (reads === 1) client.write(ASK_FOR_PASSWORD);
    else if (reads === 2) client.write(WELCOME);
    else if (bytes[0] === 0x58) client.end();
    else client.write(ANSWER);
  });
}

/** Every byte both ways as it comes, with one buffer for what all backends say. */
const buffer = Buffer.allocUnsafeSlow(64 * 1024);
function relay(client) {
  const backend = connect({
    path: serverPath,
    onread: {
      buffer,
      callback: (count) => {
        const bytes = buffer.subarray(0, count);
        if (client.write(client.writableLength === 0 ? bytes : Buffer.from(bytes))) return true;
        backend.pause();
        client.once('drain', () => backend.resume());
        return true;
      },
    },
  });
  client.on('data', (bytes) => {
    if (backend.write(bytes)) return;
    client.pause();
    backend.once('drain', () => client.resume());
  });
  for (const [one, other] of [
    [client, backend],
    [backend, client],
  ]) {
    one.on('error', () => {});
    one.on('close', () => other.destroy());
  }
}

process.once('SIGTERM', () => process.exit(0));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
