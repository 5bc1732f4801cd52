// Stands in for PostgreSQL's unix socket while thousands of sessions say nothing, which would take as many server
// processes: lets everybody in, as the server does there, and answers whatever is asked with nothing. Administrators of
// Keyshift are passed on to the server. Arguments: the socket's path, which the server's own socket makes room for.
import { renameSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [path] = process.argv.slice(2);
const real = `${path}-real`;
const message = (letter, body) => {
  const head = Buffer.alloc(5, letter);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const status = (name, value) => message('S', Buffer.from(`${name}\0${value}\0`));
const READY = message('Z', Buffer.from('I'));
const WELCOME = Buffer.concat([
  message('R', Buffer.alloc(4)),
  ...[status('server_version', '18.4'), status('client_encoding', 'UTF8'), status('DateStyle', 'ISO, MDY')],
  ...[status('TimeZone', 'Etc/UTC'), status('standard_conforming_strings', 'on')],
  message('K', Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])),
  READY,
]);
const DONE = Buffer.concat([message('C', Buffer.from('SELECT 0\0')), READY]);

renameSync(path, real);
const server = createServer((socket) => {
  socket.on('error', () => {});
  socket.once('data', (first) => {
    if (first.includes('user\0keyshift_')) {
      const backend = connect(real);
      backend.on('error', () => socket.destroy());
      socket.on('close', () => backend.destroy());
      backend.write(first);
      backend.pipe(socket).pipe(backend);
      return;
    }
    socket.write(WELCOME);
    socket.on('data', (bytes) => {
      // Terminate ends it; of several queries at once each is answered.
      for (let at = 0; at + 5 <= bytes.length; at += bytes.readUInt32BE(at + 1) + 1) {
        if (bytes[at] === 0x58) socket.end();
        else socket.write(DONE);
      }
    });
  });
});
process.once('SIGTERM', () => process.exit(0));
server.listen(path, 10_000, () => console.log('ready'));
