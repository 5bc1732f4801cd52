import type { Clock } from '../core/clock.ts';
import type { AwsError } from '../core/errors.ts';
import type { Answer, ReceivedRequest } from './listen.ts';
import { encodeError, encodeResult, XML_CONTENT_TYPE } from './protocol/encode-xml.ts';
import type { Operation, ServiceTable } from './services/table.ts';

/** The step *encode*: the only place that turns a result or an error into an HTTP answer. */

export function encodeResultAnswer(
  call: { readonly table: ServiceTable; readonly operation: Operation },
  output: unknown,
  requestId: string,
  clock: Clock,
): Answer {
  // The row's type says that it is what the operation's model describes: a structure, or nothing.
  const result = encodeResult(call.table, call.operation, output as object | undefined, requestId);
  return xml(200, result, requestId, clock);
}

export function encodeErrorAnswer(
  table: ServiceTable | undefined,
  error: AwsError,
  requestId: string,
  clock: Clock,
): Answer {
  const { code, message, fault, status } = error;
  return xml(status, encodeError({ code, message, fault, requestId }, table?.namespace), requestId, clock);
}

/** A request of one of AWS's JSON protocols, none of whose services is here. */
export function isJsonProtocol(request: ReceivedRequest): boolean {
  return request.headers.some(
    ([name, value]) =>
      name.toLowerCase() === 'x-amz-target' ||
      (name.toLowerCase() === 'content-type' && value.startsWith('application/x-amz-json')),
  );
}

/** The answer that JSON clients read as an error at once, instead of retrying. */
export function encodeJsonErrorAnswer(requestId: string, clock: Clock): Answer {
  const code = 'UnknownOperationException';
  return {
    status: 400,
    headers: {
      ...commonHeaders(requestId, clock),
      'Content-Type': 'application/x-amz-json-1.1',
      'x-amzn-ErrorType': code,
    },
    body: JSON.stringify({ __type: code, message: 'This service is not available here.' }),
  };
}

function xml(status: number, body: string, requestId: string, clock: Clock): Answer {
  return { status, headers: { ...commonHeaders(requestId, clock), 'Content-Type': XML_CONTENT_TYPE }, body };
}

/** SDKs correct their clocks by Date, so it is always there. */
function commonHeaders(requestId: string, clock: Clock): Record<string, string> {
  return { 'x-amzn-RequestId': requestId, Date: clock.now().toUTCString() };
}
