// The limit: a node:http server that reads the body and answers the same headers and bytes, and does nothing else.
import { createServer } from 'node:http';

const { headers, body } = JSON.parse(Buffer.from(process.argv[2], 'base64').toString());
const server = createServer((message, response) => {
  const chunks = [];
  message.on('data', (chunk) => chunks.push(chunk));
  message.on('end', () => {
    Buffer.concat(chunks);
    response.writeHead(200, { ...headers, 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
