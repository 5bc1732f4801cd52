import { describe, expect, test } from 'vitest';
import { isJsonProtocol } from '../../../src/api/decode-call.ts';
import {
  encodeErrorAnswer,
  encodeJsonErrorAnswer,
  encodeResultAnswer,
} from '../../../src/api/encode-answer.ts';
import { AwsError } from '../../../src/core/errors.ts';
import { received, table } from './service.ts';

const ID = '01234567-89ab-cdef-0123-456789abcdef';

function operation(name: string) {
  const found = table.operation(name);
  if (found === undefined) throw new Error(`no operation ${name}`);
  return { table, operation: found };
}

describe('a result', () => {
  test('is XML in the namespace of its service, with the request’s id', () => {
    const answer = encodeResultAnswer(operation('Echo'), { Text: `a<b>&"'` }, ID);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({ 'Content-Type': 'text/xml', 'x-amzn-RequestId': ID });
    expect(answer.body).toMatch(
      new RegExp(
        '^<EchoResponse xmlns="https://example.com/doc/2000-01-01/"><EchoResult><Text>a&lt;b&gt;&amp;.*</Text></EchoResult>' +
          `<ResponseMetadata><RequestId>${ID}</RequestId></ResponseMetadata></EchoResponse>$`,
      ),
    );
  });

  test('of an operation without output has no result element', () => {
    const { body } = encodeResultAnswer(operation('Other'), undefined, ID);
    expect(body).toContain('<OtherResponse ');
    expect(body).not.toContain('OtherResult');
  });
});

describe('an error', () => {
  test.each([
    [404, 'Sender'],
    [503, 'Receiver'],
  ])('has its status %d, and tells that the %s is at fault', (status, fault) => {
    const answer = encodeErrorAnswer(table, new AwsError('Some.Code', status, 'No <such> thing & more'), ID);
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ 'Content-Type': 'text/xml', 'x-amzn-RequestId': ID });
    expect(answer.body).toBe(
      `<ErrorResponse xmlns="https://example.com/doc/2000-01-01/"><Error><Type>${fault}</Type><Code>Some.Code</Code>` +
        `<Message>No &lt;such&gt; thing &amp; more</Message></Error><RequestId>${ID}</RequestId></ErrorResponse>`,
    );
  });

  test('of no known service has no namespace', () => {
    const { body } = encodeErrorAnswer(undefined, new AwsError('InvalidAction', 400, 'text'), ID);
    expect(body).toMatch(/^<ErrorResponse><Error>/);
  });

  test('never tells its cause', () => {
    const error = new AwsError('InternalFailure', 500, 'text', { cause: new Error('hunter2') });
    expect(JSON.stringify(encodeErrorAnswer(table, error, ID))).not.toContain('hunter2');
  });
});

describe('a JSON protocol', () => {
  test.each<[string, string]>([
    ['X-Amz-Target', 'RedshiftServerless.GetCredentials'],
    ['x-amz-target', ''],
    ['Content-Type', 'application/x-amz-json-1.1'],
    ['CONTENT-TYPE', 'application/x-amz-json-1.0; charset=utf-8'],
  ])('is told by %s: %s', (name, value) => {
    expect(
      isJsonProtocol(
        received('', {
          headers: [
            ['Host', 'x'],
            [name, value],
          ],
        }),
      ),
    ).toBe(true);
  });

  test.each<[string, string]>([
    ['Content-Type', 'application/json'],
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Accept', 'application/x-amz-json-1.1'],
    ['X-Amz-Targets', 'x'],
  ])('is not told by %s: %s', (name, value) => {
    expect(isJsonProtocol(received('', { headers: [[name, value]] }))).toBe(false);
  });

  test('is answered with an error that its clients read', () => {
    const error = new AwsError('UnknownOperationException', 400, 'This service is not available here.');
    const answer = encodeJsonErrorAnswer(error, ID);
    expect(answer.status).toBe(400);
    expect(answer.headers).toMatchObject({
      'Content-Type': 'application/x-amz-json-1.1',
      'x-amzn-ErrorType': 'UnknownOperationException',
      'x-amzn-RequestId': ID,
    });
    expect(JSON.parse(answer.body)).toEqual({
      __type: 'UnknownOperationException',
      message: 'This service is not available here.',
    });
  });
});
