import { describe, expect, test } from 'vitest';
import { AwsError, messageOf, OperatorError, SqlError } from '../../../src/core/errors.ts';

describe('an error of the API', () => {
  test('carries its code, status and text', () => {
    const cause = new Error('inner');
    const error = new AwsError('ClusterNotFound', 404, 'Cluster c not found.', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'ClusterNotFound',
      code: 'ClusterNotFound',
      status: 404,
      message: 'Cluster c not found.',
      cause,
    });
  });

  test.each([
    [400, 'Sender'],
    [403, 'Sender'],
    [499, 'Sender'],
    [500, 'Receiver'],
    [503, 'Receiver'],
  ])('of status %d is the fault of the %s', (status, fault) => {
    expect(new AwsError('Code', status, 'text').fault).toBe(fault);
  });
});

describe('an error of PostgreSQL', () => {
  test('carries its SQLSTATE, detail and hint', () => {
    const error = new SqlError('28000', 'no', { detail: 'd', hint: 'h' });
    expect(error).toMatchObject({
      name: 'SqlError',
      sqlState: '28000',
      message: 'no',
      detail: 'd',
      hint: 'h',
    });
    expect(error).not.toHaveProperty('cause');
  });

  test('has no detail and no hint unless given', () => {
    const error = new SqlError('42704', 'no', { cause: 'why' });
    expect([error.detail, error.hint, error.cause]).toEqual([undefined, undefined, 'why']);
  });
});

describe('an error for the operator', () => {
  test('keeps its cause apart from its sentence', () => {
    const cause = new Error('EACCES');
    const error = new OperatorError('give this user access', { cause });
    expect(error).toMatchObject({ name: 'OperatorError', message: 'give this user access', cause });
  });
});

describe('the message of what was thrown', () => {
  test.each<[unknown, string]>([
    [new Error('text'), 'text'],
    [new SqlError('28000', 'text'), 'text'],
    ['text', 'text'],
    [7, '7'],
    [null, 'null'],
    [undefined, 'undefined'],
  ])('of %s is %s', (thrown, message) => {
    expect(messageOf(thrown)).toBe(message);
  });
});
