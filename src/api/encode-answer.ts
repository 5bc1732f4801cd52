import type { AwsError } from '../core/errors.ts';
import type { Answer, ReceivedRequest } from './listen.ts';
import { encodeError, encodeResult, XML_CONTENT_TYPE } from './protocol/encode-xml.ts';
import type { Operation, ServiceTable } from './services/table.ts';

/**
 * The step *encode*: the only place that turns a result or an error into an HTTP answer. SDKs correct their clocks
 * by the header Date, which the listener adds: the system's time, also when the clock was moved for a test.
 */

export function encodeResultAnswer(
  call: { readonly table: ServiceTable; readonly operation: Operation },
  output: unknown,
  requestId: string,
): Answer {
  // The row's type says that it is what the operation's model describes: a structure, or nothing.
  const result = encodeResult(call.table, call.operation, output as object | undefined, requestId);
  return xml(200, result, requestId);
}

export function encodeErrorAnswer(
  table: ServiceTable | undefined,
  error: AwsError,
  requestId: string,
): Answer {
  const { code, message, fault, status } = error;
  return xml(status, encodeError({ code, message, fault, requestId }, table?.namespace), requestId);
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
export function encodeJsonErrorAnswer(requestId: string): Answer {
  const code = 'UnknownOperationException';
  return {
    status: 400,
    headers: {
      'x-amzn-RequestId': requestId,
      'Content-Type': 'application/x-amz-json-1.1',
      'x-amzn-ErrorType': code,
    },
    body: JSON.stringify({ __type: code, message: 'This service is not available here.' }),
  };
}

function xml(status: number, body: string, requestId: string): Answer {
  return { status, headers: { 'x-amzn-RequestId': requestId, 'Content-Type': XML_CONTENT_TYPE }, body };
}
