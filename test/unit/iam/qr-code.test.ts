import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { squaresPng } from '../../../src/iam/png.ts';
import { qrCode } from '../../../src/iam/qr-code.ts';

const vectors = JSON.parse(
  readFileSync(new URL('../../vectors/qr-code/codes.json', import.meta.url), 'utf8'),
) as { text: string; rows: string[] }[];

describe('a QR code', () => {
  test.each(vectors.map((vector) => [vector.rows.length, vector] as const))(
    'of %d modules is what another program writes',
    (_size, { text, rows }) => {
      expect(qrCode(text).map((row) => row.map((dark) => (dark ? '#' : '.')).join(''))).toEqual(rows);
    },
  );

  test('takes up to 858 bytes', () => {
    expect(qrCode('x'.repeat(858))).toHaveLength(97);
    expect(() => qrCode('x'.repeat(859))).toThrow();
  });

  test('becomes a picture of black and white pixels with a white margin', () => {
    const squares = qrCode('x');
    const png = squaresPng(squares);
    const side = (21 + 8) * 6;
    expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
    expect(png.readUInt32BE(16)).toBe(side);
    expect(png.readUInt32BE(20)).toBe(side);
    const start = png.indexOf('IDAT') + 4;
    const rows = inflateSync(png.subarray(start, start + png.readUInt32BE(start - 8)));
    const bytes = 1 + Math.ceil(side / 8);
    expect(rows).toHaveLength(side * bytes);
    const isBlack = (x: number, y: number) =>
      ((rows[y * bytes + 1 + (x >>> 3)] ?? 0) & (0x80 >>> (x & 7))) === 0;
    squares.forEach((row, y) => {
      row.forEach((dark, x) => {
        expect(isBlack((x + 4) * 6 + 3, (y + 4) * 6 + 3)).toBe(dark);
      });
    });
    expect([isBlack(0, 0), isBlack(23, 23), isBlack(24, 24)]).toEqual([false, false, true]);
  });
});
