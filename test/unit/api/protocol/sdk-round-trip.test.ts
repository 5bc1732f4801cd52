import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeInput } from '../../../../src/api/protocol/decode-input.ts';
import { decodeQuery, operationFor } from '../../../../src/api/protocol/decode-query.ts';
import { encodeError, encodeResult } from '../../../../src/api/protocol/encode-xml.ts';
import type { ServiceTable } from '../../../../src/api/services/table.ts';
import { arbitraryOf, asSdk } from './arbitrary-shape.ts';
import { SDKS } from './sdk.ts';

/** Operations that this version of the SDK has and the model that the tables were made from has not. */
const NEWER = new Map([
  ['iam', ['AcquireRole', 'GetAccountProperties', 'GetRoleTemplateVersion', 'PutAccountProperties']],
  ['sts', []],
  [
    'redshift',
    [
      'CreateQev2IdcApplication',
      'DeleteQev2IdcApplication',
      'DescribeQev2IdcApplications',
      'ModifyQev2IdcApplication',
    ],
  ],
]);

const RUNS_PER_OPERATION = 3;

function okay(table: ServiceTable, name: string, output: object): { status: number; body: string } {
  const operation = table.operation(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  return { status: 200, body: encodeResult(table, operation, output, 'request-1') };
}

describe.each(SDKS)('the AWS SDK client of $table.name', ({ table, operationNames, send }) => {
  test('knows the operations of our table and no others but newer ones', () => {
    const ours = [...table.operationNames(), ...(NEWER.get(table.name) ?? [])];
    expect([...operationNames].sort()).toEqual(ours.sort());
  });

  test('sends inputs of every operation that decode to what it was given', async () => {
    for (const name of table.operationNames()) {
      const operation = table.operation(name);
      const arbitrary = operation?.input === undefined ? fc.constant({}) : arbitraryOf(operation.input);
      await fc.assert(
        fc.asyncProperty(arbitrary, async (input) => {
          let decoded: unknown;
          await send(name, asSdk(input), ({ body }) => {
            const request = decodeQuery('', Buffer.from(body));
            expect(request.version).toBe(table.version);
            decoded = decodeInput(table, operationFor(table, request), request.parameters);
            return okay(table, name, {});
          });
          expect(asSdk(decoded), name).toEqual(asSdk(input));
        }),
        { numRuns: RUNS_PER_OPERATION },
      );
    }
  });

  test('reads answers of every operation as what they were made from', async () => {
    for (const name of table.operationNames()) {
      const operation = table.operation(name);
      const arbitrary = operation?.output === undefined ? fc.constant({}) : arbitraryOf(operation.output);
      await fc.assert(
        fc.asyncProperty(arbitrary, async (output) => {
          const answer = await send(name, {}, () => okay(table, name, output as object));
          const { $metadata: _, ...received } = answer as { $metadata: unknown };
          expect(asSdk(received), name).toEqual(asSdk(output));
        }),
        { numRuns: RUNS_PER_OPERATION },
      );
    }
  });

  test('reads every error of our table with its code, status and message', async () => {
    const [name = ''] = table.operationNames();
    for (const code of table.errorCodes()) {
      const status = table.errorStatus(code) ?? 0;
      const fault = status < 500 ? 'Sender' : 'Receiver';
      const message = `It's <not> & "so"`;
      const body = encodeError({ code, message, fault, requestId: 'request-2' }, table.namespace);
      const error = await send(name, {}, () => ({ status, body })).catch((thrown: unknown) => thrown);
      expect(error, code).toMatchObject({
        message,
        Code: code,
        Type: fault,
        $metadata: { httpStatusCode: status },
      });
    }
  });
});
