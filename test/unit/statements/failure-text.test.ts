import { describe, expect, test } from 'vitest';
import { failureText, StatementFailure } from '../../../src/statements/failure-text.ts';
import { rowsOfTag } from '../../../src/statements/stream-query.ts';

describe('why a statement failed', () => {
  test('is told as the JDBC driver of Redshift tells it', () => {
    const error = Object.assign(new Error('relation "x" does not exist'), {
      code: '42P01',
      severity: 'ERROR',
      detail: 'It was dropped.',
      hint: '',
      position: '15',
    });
    expect(failureText(error)).toBe(
      'ERROR: relation "x" does not exist\n  Detail: It was dropped.\n  Position: 15',
    );
  });

  test('is our own words where it is our reason', () => {
    expect(failureText(new StatementFailure('too much'))).toBe('too much');
    expect(failureText(new Error('the session has ended'))).toBe('the session has ended');
  });
});

test.each([
  ['INSERT 0 3', 3],
  ['UPDATE 0', 0],
  ['DELETE 12', 12],
  ['MERGE 2', 2],
  ['COPY 5', 5],
  ['SELECT 7', 7],
  ['CREATE TABLE', -1],
  ['BEGIN', -1],
  ['', -1],
])('the tag %s stands for %i rows', (tag, rows) => {
  expect(rowsOfTag(tag)).toBe(rows);
});
