import { AwsError } from '../../core/errors.ts';
import type { Operation, Shape, StructureShape } from '../services/table.ts';
import { base64Of, dateOf, flagOf, listOf, mapOf, numberOf, objectOf, textOf } from './answer-value.ts';

/**
 * Answers of the JSON protocol.
 * Source: Smithy 2.0 specification, "AWS JSON 1.1 protocol", responses and operation error serialization.
 */

export const JSON_CONTENT_TYPE = 'application/x-amz-json-1.1';

/** Writes an answer: members in the order of the model, undefined ones left out. `output` has the operation's type. */
export function encodeJsonResult(operation: Operation, output: object | undefined): string {
  return JSON.stringify(operation.output === undefined ? {} : structure(operation.output, output ?? {}));
}

export function encodeJsonError(error: { readonly code: string; readonly message: string }): string {
  return JSON.stringify({ __type: error.code, message: error.message });
}

/**
 * The errors that all services share have other names and statuses in the JSON protocol.
 * Source: "Common error types" of the Redshift Data and Redshift Serverless API references.
 */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['AccessDenied', 'AccessDeniedException'],
  ['ExpiredToken', 'ExpiredTokenException'],
  ['IncompleteSignature', 'IncompleteSignatureException'],
  ['InternalFailure', 'InternalServerException'],
  ['InvalidClientTokenId', 'UnrecognizedClientException'],
  ['InvalidParameterCombination', 'ValidationException'],
  ['InvalidParameterValue', 'ValidationException'],
  ['MissingAuthenticationToken', 'MissingAuthenticationTokenException'],
  ['MissingParameter', 'ValidationException'],
  ['ServiceUnavailable', 'ServiceUnavailableException'],
  ['SignatureDoesNotMatch', 'InvalidSignatureException'],
  ['Throttling', 'ThrottlingException'],
  ['UnsupportedOperation', 'ValidationException'],
  ['ValidationError', 'ValidationException'],
]);

/** An error as the JSON protocol names it: what is the caller's fault has status 400. */
export function toJsonError(error: AwsError): AwsError {
  const status = error.status < 500 && error.status !== 405 ? 400 : error.status;
  return new AwsError(NAMES.get(error.code) ?? error.code, status, error.message, { cause: error.cause });
}

function structure(shape: StructureShape, output: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const { name, wire, shape: inner } of shape.members) {
    const value: unknown = Reflect.get(output, name);
    if (value !== undefined && value !== null) result[wire] = content(inner, value);
  }
  return result;
}

function content(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case 'string':
      return textOf(value);
    case 'boolean':
      return flagOf(value);
    case 'integer':
    case 'long':
    case 'double':
      return numberOf(value);
    case 'timestamp': {
      const date = dateOf(value);
      return shape.format === 'iso8601' ? date.toISOString() : date.getTime() / 1000;
    }
    case 'blob':
      return base64Of(value);
    case 'structure':
      return structure(shape, objectOf(value));
    case 'list':
      return listOf(value).map((one) => content(shape.element, one));
    case 'map':
      return Object.fromEntries([...mapOf(value)].map(([key, one]) => [key, content(shape.value, one)]));
    default:
      return shape satisfies never;
  }
}
