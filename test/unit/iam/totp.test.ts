import { describe, expect, test } from 'vitest';
import { codeOfStep, stepAt, stepOfCodes } from '../../../src/iam/totp.ts';

/** The seed of RFC 6238, appendix B, for SHA-1. */
const SEED = Buffer.from('12345678901234567890');

describe('one-time codes', () => {
  test.each([
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ])('at %d seconds are those of RFC 6238', (seconds, code) => {
    const step = stepAt(new Date(seconds * 1000));
    expect(codeOfStep(SEED, step, 8)).toBe(code);
    expect(codeOfStep(SEED, step)).toBe(code.slice(2));
  });

  test('last 30 seconds', () => {
    expect(stepAt(new Date(29_999))).toBe(0);
    expect(stepAt(new Date(30_000))).toBe(1);
  });

  test('are found among the steps that are asked for, and no others', () => {
    const code = codeOfStep(SEED, 100);
    expect(stepOfCodes(SEED, [code], { first: 99, last: 101 })).toBe(100);
    expect(stepOfCodes(SEED, [code], { first: 100, last: 100 })).toBe(100);
    expect(stepOfCodes(SEED, [code], { first: 101, last: 103 })).toBeUndefined();
    expect(stepOfCodes(SEED, [code], { first: 97, last: 99 })).toBeUndefined();
    expect(stepOfCodes(SEED, [code], { first: 101, last: 99 })).toBeUndefined();
  });

  test('in pairs are of steps that follow each other', () => {
    const [one, two] = [codeOfStep(SEED, 100), codeOfStep(SEED, 101)];
    expect(stepOfCodes(SEED, [one, two], { first: 90, last: 110 })).toBe(100);
    expect(stepOfCodes(SEED, [two, one], { first: 90, last: 110 })).toBeUndefined();
    expect(stepOfCodes(SEED, [one, one], { first: 90, last: 110 })).toBeUndefined();
  });

  test.each(['', '28708', '2870822', ' 287082', '287082 ', '２８７０８２'])('%j is no code', (code) => {
    expect(codeOfStep(SEED, 1)).toBe('287082');
    expect(stepOfCodes(SEED, [code], { first: 0, last: 2 })).toBeUndefined();
  });
});
