import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';

/** Something that answers like a PostgreSQL server of any version, as far as `SHOW server_version_num` goes. */
export class FakePostgres {
  readonly #server: Server;
  readonly statements: string[] = [];

  private constructor(server: Server) {
    this.#server = server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  static async listen(versionNumber: string): Promise<FakePostgres> {
    const server = createServer();
    const fake = new FakePostgres(server);
    server.on('connection', (socket) => fake.#serve(socket, versionNumber));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  async close(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket, versionNumber: string): void {
    let isStarted = false;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (!isStarted) {
        isStarted = true;
        socket.write(Buffer.concat([frame('R', int32(0)), READY]));
      } else if (bytes[0] === 0x51) {
        this.statements.push(bytes.subarray(5, -1).toString());
        socket.write(Buffer.concat([...row('server_version_num', versionNumber), READY]));
      }
    });
  }
}

const frame = (letter: string, payload: Buffer): Buffer =>
  Buffer.concat([Buffer.from(letter), int32(payload.length + 4), payload]);
const READY = frame('Z', Buffer.from('I'));

/** PostgreSQL 18 manual, 54.7: RowDescription of one text column, DataRow, CommandComplete. */
function row(name: string, value: string): Buffer[] {
  const column = Buffer.concat([
    Buffer.from(`${name}\0`),
    Buffer.alloc(6),
    int32(25),
    int16(-1),
    int32(-1),
    int16(0),
  ]);
  return [
    frame('T', Buffer.concat([int16(1), column])),
    frame('D', Buffer.concat([int16(1), int32(value.length), Buffer.from(value)])),
    frame('C', Buffer.from('SHOW\0')),
  ];
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}
