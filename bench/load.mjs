// Sends the same HTTP request again and again over keep-alive connections and counts the answers.
// Runs as a process of its own so that its CPU is not the server's. Arguments: port, connections, milliseconds,
// the request in base64, and after how many answers to stop before the time is up; prints one JSON line, with the
// answer times in milliseconds. A server that closes after each answer is connected to anew.
import { connect } from 'node:net';

const [port, connections, ms, request64, answers = 'Infinity'] = process.argv.slice(2);
const request = Buffer.from(request64, 'base64');
const started = Date.now();
const until = started + Number(ms);
const answersMax = Number(answers);
const times = [];
let answered = 0;
let failed = 0;
let firstFailure;

await Promise.all(Array.from({ length: Number(connections) }, client));
const seconds = (Date.now() - started) / 1000;
times.sort((a, b) => a - b);
const [p50, p99] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)]);
console.log(JSON.stringify({ answered, failed, firstFailure, seconds, p50, p99 }));

function isOver() {
  return Date.now() >= until || answered >= answersMax || failed > 0;
}

async function client() {
  while (!isOver()) await oneConnection();
}

function oneConnection() {
  return new Promise((resolve) => {
    let sent = 0;
    const send = () => {
      sent = performance.now();
      socket.write(request);
    };
    const socket = connect(Number(port), '127.0.0.1', send);
    socket.setNoDelay(true);
    socket.setTimeout(30_000, () => fail(socket, 'no answer in 30 seconds'));
    let received = '';
    socket.on('error', (error) => fail(socket, String(error)));
    socket.on('close', resolve);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      const head = received.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0);
      if (received.length < head + 4 + length) return;
      if (!/^HTTP\/1\.\d 200/.test(received)) return fail(socket, received.slice(0, 600));
      answered++;
      times.push(performance.now() - sent);
      const isClosing = /^connection: close/im.test(received.slice(0, head));
      received = '';
      if (!isClosing && !isOver()) send();
      else socket.end();
    });
  });
}

function fail(socket, reason) {
  firstFailure ??= reason;
  failed++;
  socket.destroy();
}
