import { crc32, deflateSync } from 'node:zlib';

/** A picture of black and white squares. Source: PNG (Portable Network Graphics) Specification, third edition. */

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
/** Pixels of one square. */
const SCALE = 6;
/** Squares of white on each side, which a reader of QR codes needs. */
const MARGIN = 4;

/** The file of a picture with these squares, row by row; true is black. */
export function squaresPng(squares: readonly (readonly boolean[])[]): Buffer {
  const side = (squares.length + 2 * MARGIN) * SCALE;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // One bit for each pixel, greyscale, nothing interlaced.
  header.writeUInt8(1, 8);
  const rows: Buffer[] = [];
  for (let y = 0; y < side; y++) rows.push(pixelRow(squares[Math.floor(y / SCALE) - MARGIN] ?? [], side));
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** The byte of "no filter", and a set bit for each white pixel. */
function pixelRow(squares: readonly boolean[], side: number): Buffer {
  const row = Buffer.alloc(1 + Math.ceil(side / 8));
  for (let x = 0; x < side; x++) {
    if (squares[Math.floor(x / SCALE) - MARGIN] === true) continue;
    const at = 1 + (x >>> 3);
    row.writeUInt8(row.readUInt8(at) | (0x80 >>> (x & 7)), at);
  }
  return row;
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}
