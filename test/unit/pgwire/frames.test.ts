import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { LIMITS } from '../../../src/core/limits.ts';
import { type Frame, FrameReader } from '../../../src/pgwire/frames.ts';
import { cut, messageBytes, sqlStateOf } from './streams.ts';

const framesOf = (chunks: readonly Buffer[], bytesMax?: number): Frame[] => {
  const reader = new FrameReader(bytesMax);
  const frames: Frame[] = [];
  for (const chunk of chunks) {
    reader.push(chunk);
    for (let frame = reader.frame(); frame !== undefined; frame = reader.frame()) frames.push(frame);
  }
  return frames;
};

describe('the reader of frames', () => {
  it('gives the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ code: fc.integer({ min: 0, max: 255 }), payload: fc.uint8Array({ maxLength: 60 }) }),
          {
            maxLength: 12,
          },
        ),
        fc.array(fc.nat(40)),
        (messages, sizes) => {
          const stream = Buffer.concat(messages.map(({ code, payload }) => messageBytes(code, payload)));
          const frames = framesOf(cut(stream, sizes));
          expect(frames).toEqual(
            messages.map(({ code, payload }) => ({ code, payload: Buffer.from(payload) })),
          );
        },
      ),
    );
  });

  it('never overwrites a payload that it has given out', () => {
    const reader = new FrameReader();
    const first = messageBytes(0x70, Buffer.from('first'));
    for (const byte of first) reader.push(Buffer.of(byte));
    const frame = reader.frame();
    for (const byte of messageBytes(0x70, Buffer.alloc(100, 0x78))) reader.push(Buffer.of(byte));
    expect(frame?.payload.toString()).toBe('first');
  });

  it('waits for the last byte of a frame', () => {
    const stream = messageBytes(0x51, Buffer.from('select\0'));
    expect(framesOf([stream.subarray(0, -1)])).toEqual([]);
    expect(framesOf([stream])).toHaveLength(1);
  });

  it.each([
    [3, 'refused'],
    [4, 'taken'],
    [0, 'refused'],
    [0xffff_ffff, 'refused'],
    [0x8000_0004, 'refused'],
  ])('sees to it that a length of %i is %s (CVE-2026-6664)', (length, outcome) => {
    const header = Buffer.from([0x70, 0, 0, 0, 0]);
    header.writeUInt32BE(length, 1);
    const read = (): Frame[] => framesOf([header]);
    if (outcome === 'taken') expect(read()).toHaveLength(1);
    else expect(sqlStateOf(read)).toBe('08P01');
  });

  it('takes a message of the largest size before the login, and none that is larger', () => {
    const atLimit = messageBytes(0x70, Buffer.alloc(LIMITS.loginMessageBytesMax - 4));
    const above = messageBytes(0x70, Buffer.alloc(LIMITS.loginMessageBytesMax - 3));
    expect(framesOf([atLimit])).toHaveLength(1);
    expect(sqlStateOf(() => framesOf([above.subarray(0, 5)]))).toBe('08P01');
  });

  it('refuses a peer that sends on and on without being read', () => {
    const reader = new FrameReader(1_000);
    reader.push(Buffer.alloc(200_000));
    expect(sqlStateOf(() => reader.push(Buffer.alloc(100_000)))).toBe('08P01');
  });

  it('hands over what waits, so that bytes sent before TLS cannot be taken for bytes inside it (CVE-2021-3935)', () => {
    const reader = new FrameReader();
    reader.push(Buffer.from([0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f, 0x70, 0, 0]));
    expect(reader.startupPacket()?.length).toBe(4);
    expect(reader.waitingBytes).toBe(3);
    expect(reader.rest()).toEqual(Buffer.from([0x70, 0, 0]));
    expect(reader.waitingBytes).toBe(0);
  });

  it('shows the first byte without taking it', () => {
    const reader = new FrameReader();
    expect(reader.peek()).toBeUndefined();
    reader.push(Buffer.from([0x16, 3, 1]));
    expect(reader.peek()).toBe(0x16);
    expect(reader.waitingBytes).toBe(3);
  });

  it.each([
    [7, undefined],
    [8, 4],
    [LIMITS.startupPacketBytesMax + 4, LIMITS.startupPacketBytesMax],
    [LIMITS.startupPacketBytesMax + 5, undefined],
    [0x1603_0100, undefined],
    [0xffff_ffff, undefined],
  ])('takes a startup packet of length %i as a body of %s bytes', (length, bodyBytes) => {
    const reader = new FrameReader();
    const packet = Buffer.alloc(Math.min(length, LIMITS.startupPacketBytesMax + 10));
    packet.writeUInt32BE(length);
    reader.push(packet);
    if (bodyBytes === undefined) expect(sqlStateOf(() => reader.startupPacket())).toBe('08P01');
    else expect(reader.startupPacket()?.length).toBe(bodyBytes);
  });

  it('takes a long message byte by byte in linear time', () => {
    const bytesMax = 400_000;
    const stream = messageBytes(0x70, Buffer.alloc(bytesMax - 4, 1));
    const reader = new FrameReader(bytesMax);
    let frame: Frame | undefined;
    for (let at = 0; at < stream.length; at++) {
      reader.push(stream.subarray(at, at + 1));
      frame ??= reader.frame();
    }
    expect(frame?.payload.length).toBe(bytesMax - 4);
  });
});
