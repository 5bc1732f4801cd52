import type { AwsError } from '../core/errors.ts';
import type { Answer } from './listen.ts';
import { encodeJsonError, encodeJsonResult, JSON_CONTENT_TYPE } from './protocol/encode-json.ts';
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
  const result = output as object | undefined;
  if (call.table.target !== undefined) return json(200, encodeJsonResult(call.operation, result), requestId);
  return xml(200, encodeResult(call.table, call.operation, result, requestId), requestId);
}

export function encodeErrorAnswer(
  table: ServiceTable | undefined,
  error: AwsError,
  requestId: string,
  headers: Answer['headers'] = {},
): Answer {
  const { code, message, fault, status } = error;
  const answer = xml(status, encodeError({ code, message, fault, requestId }, table?.namespace), requestId);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

/** The answer that JSON clients read as an error at once, instead of retrying. */
export function encodeJsonErrorAnswer(
  error: AwsError,
  requestId: string,
  headers: Answer['headers'] = {},
): Answer {
  const answer = json(error.status, encodeJsonError(error), requestId);
  return { ...answer, headers: { ...answer.headers, 'x-amzn-ErrorType': error.code, ...headers } };
}

function json(status: number, body: string, requestId: string): Answer {
  return { status, headers: { 'x-amzn-RequestId': requestId, 'Content-Type': JSON_CONTENT_TYPE }, body };
}

function xml(status: number, body: string, requestId: string): Answer {
  return { status, headers: { 'x-amzn-RequestId': requestId, 'Content-Type': XML_CONTENT_TYPE }, body };
}
