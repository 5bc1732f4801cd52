import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { readOptions } from '../../../src/pgwire/options.ts';
import { sqlStateOf } from './streams.ts';

describe('the startup options', () => {
  it.each([
    ['', []],
    ['   ', []],
    ['-c a=b', [['a', 'b']]],
    ['-ca=b', [['a', 'b']]],
    ['--a=b', [['a', 'b']]],
    ['--search-path=x', [['search_path', 'x']]],
    ['-c a=b --c=d\t-c e=', [['a', 'b'], ['c', 'd'], ['e', '']]], // biome-ignore format: one row a case
    ['-c a=b=c', [['a', 'b=c']]],
    ['-c search_path=x,\\ y', [['search_path', 'x, y']]],
    ['-c a=\\\\b', [['a', '\\b']]],
    ['-c a=b\\', [['a', 'b']]],
    ['-c a=x -c a=y', [['a', 'x'], ['a', 'y']]], // biome-ignore format: one row a case
    ['-c my-ext.opt=1', [['my_ext.opt', '1']]],
  ])('are taken apart: %j', (text, expected) => {
    expect(readOptions(text).map(({ name, value }) => [name, value])).toEqual(expected);
  });

  it.each(['-c', '-c a', '--a', '--', '-', 'a=b', '-e', '-d5', '-W 30', '-c =b', '--=b', '-o x'])(
    'are refused when they are more than settings: %j',
    (text) => {
      expect(sqlStateOf(() => readOptions(text))).toBe('42601');
    },
  );

  it('give back any value whose spaces and backslashes are escaped', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (values) => {
        const text = values.map((value) => `-c x=${value.replace(/[\\ \t\n\v\f\r]/g, '\\$&')}`).join('  ');
        expect(readOptions(text)).toEqual(values.map((value) => ({ name: 'x', value })));
      }),
    );
  });

  it('never fail without a type', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(['42601', 'nothing was thrown']).toContain(sqlStateOf(() => readOptions(text)));
      }),
    );
  });
});
