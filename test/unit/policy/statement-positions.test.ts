import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { statementPositions } from '../../../src/policy/statement-positions.ts';

// Positions as IAM's simulator gives them: the first two are examples of the AWS CLI reference.

function positions(text: string): string[] {
  return statementPositions(text).map(
    ({ start, end }) => `${start.line}:${start.column}-${end.line}:${end.column}`,
  );
}

const pretty = (statements: object[], indent: number) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, indent);
const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' };

describe('positions of statements', () => {
  test('a single statement starts after its brace', () => {
    const text =
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",' +
      '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}';
    expect(positions(text)).toEqual(['1:38-1:167']);
  });

  test('the first of a list starts after the bracket, on its line', () => {
    const codeCommit = { Effect: 'Allow', Action: ['codecommit:ListRepositories'], Resource: '*' };
    expect(positions(pretty([{ Sid: 'a', ...codeCommit, Action: 'x:y' }], 4))).toEqual(['3:19-9:10']);
  });

  test('the next starts where the one before has ended', () => {
    expect(positions(pretty([statement, { ...statement, Effect: 'Deny' }], 2))).toEqual([
      '3:17-8:6',
      '8:6-13:6',
    ]);
    expect(positions(pretty([statement, statement], 0))).toEqual(['1:38-1:95', '1:95-1:153']);
  });

  test.each([
    ['carriage return and line feed', '\r\n'],
    ['a carriage return alone', '\r'],
  ])('%s ends a line', (_, ending) => {
    const text = ` ${ending}${pretty([statement], 2).replaceAll('\n', ending)}${ending} `;
    expect(positions(text)).toEqual(['4:17-9:6' /* one line of white space comes first */]);
  });

  test('braces and escapes inside texts are no ends', () => {
    const odd = { ...statement, Sid: 'x', Resource: ['arn:aws:s3:::"}]{[\\', 'arn:aws:s3:::ü'] };
    const text = pretty([odd, statement], 0);
    const [first, second] = statementPositions(text);
    expect(text.slice((first?.start.column ?? 0) - 1, (first?.end.column ?? 0) - 1)).toBe(
      JSON.stringify(odd),
    );
    expect(text.slice((second?.start.column ?? 0) - 1, (second?.end.column ?? 0) - 1)).toBe(
      `,${JSON.stringify(statement)}`,
    );
  });

  test('each is where it was written, however the document is laid out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ Sid: fc.stringMatching(/^[a-z]{0,5}$/), Resource: fc.string() }), {
          minLength: 1,
        }),
        fc.constantFrom(0, 1, 2, 4),
        (statements, indent) => {
          const text = pretty(statements, indent);
          const lines = text.split('\n');
          const at = ({ line, column }: { line: number; column: number }) =>
            lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
          const read = statementPositions(text).map(({ start, end }) =>
            JSON.parse(text.slice(at(start), at(end)).replace(/^\s*,/, '')),
          );
          expect(read).toEqual(statements);
        },
      ),
    );
  });
});
