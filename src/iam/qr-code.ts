import { strict as assert } from 'node:assert';
import { checkBytes } from './qr-check-bytes.ts';
import { QrMatrix } from './qr-matrix.ts';

/**
 * QR codes in byte mode at error correction level L, for the seed of an MFA device. It is read from a screen, once
 * in its life, so no more is needed. Source: ISO/IEC 18004:2015.
 */

/** By version, from 1: bytes of error correction of one block, and the number of blocks. Table 9, level L. */
const CHECK_BYTES = [7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28] as const;
const BLOCKS = [1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8] as const;
/** Section 7.4: the indicator of byte mode, four bits. */
const BYTE_MODE = 0b0100;
/** Section 7.4.10: what fills a symbol that the data does not. */
const PADDING = [0xec, 0x11] as const;

/** The modules of a code, dark ones true, row by row. `text` has up to 858 bytes. */
export function qrCode(text: string): readonly (readonly boolean[])[] {
  const data = Buffer.from(text);
  for (let version = 1; version <= BLOCKS.length; version++) {
    const checked = (CHECK_BYTES[version - 1] ?? 0) * (BLOCKS[version - 1] ?? 0);
    const room = Math.floor(moduleBits(version) / 8) - checked;
    if (headBits(version) + data.length * 8 <= room * 8) {
      return new QrMatrix(version).withBytes(interleaved(version, dataBytes(data, version, room)));
    }
  }
  assert.fail('the text is too long for a QR code');
}

/** Bits of data and error correction that a symbol has room for, after its patterns. */
function moduleBits(version: number): number {
  let bits = (16 * version + 128) * version + 64;
  if (version >= 2) {
    const alignments = Math.floor(version / 7) + 2;
    bits -= (25 * alignments - 10) * alignments - 55;
    if (version >= 7) bits -= 36;
  }
  return bits;
}

/** The mode and the length of the data: eight bits up to version 9, then sixteen. Table 3. */
const headBits = (version: number): number => 4 + (version < 10 ? 8 : 16);

/** Mode, length, data, end, padding. */
function dataBytes(data: Buffer, version: number, room: number): Buffer {
  const lengthBits = headBits(version) - 4;
  const bits = [
    BYTE_MODE.toString(2).padStart(4, '0'),
    data.length.toString(2).padStart(lengthBits, '0'),
    ...[...data].map((byte) => byte.toString(2).padStart(8, '0')),
  ].join('');
  const ended = bits.padEnd(Math.min(bits.length + 4, room * 8), '0');
  const bytes = Buffer.alloc(room);
  const used = Math.ceil(ended.length / 8);
  for (let index = 0; index < room; index++) {
    bytes[index] =
      index < used
        ? Number.parseInt(ended.slice(index * 8, index * 8 + 8).padEnd(8, '0'), 2)
        : (PADDING[(index - used) % 2] ?? 0);
  }
  return bytes;
}

/** The blocks of the data and their error correction, a byte of each in turn. Section 7.6. */
function interleaved(version: number, data: Buffer): Buffer {
  const count = BLOCKS[version - 1] ?? 1;
  const short = Math.floor(data.length / count);
  const longFrom = count - (data.length % count);
  const blocks = Array.from({ length: count }, (_, index) => {
    const start = index * short + Math.max(0, index - longFrom);
    return data.subarray(start, start + short + (index >= longFrom ? 1 : 0));
  });
  const checks = blocks.map((block) => checkBytes(block, CHECK_BYTES[version - 1] ?? 0));
  return Buffer.from([...inTurn(blocks), ...inTurn(checks)]);
}

function inTurn(blocks: readonly Uint8Array[]): number[] {
  const longest = Math.max(...blocks.map((block) => block.length));
  return Array.from({ length: longest }, (_, index) =>
    blocks.flatMap((block) => (index < block.length ? [block[index] ?? 0] : [])),
  ).flat();
}
