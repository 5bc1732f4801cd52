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
  return operation.output === undefined ? '{}' : structure(operation.output, output ?? {});
}

export function encodeJsonError(error: AwsError): string {
  return JSON.stringify({ __type: error.code, message: error.message, ...error.members });
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
  const { members, cause } = error;
  return new AwsError(NAMES.get(error.code) ?? error.code, status, error.message, { cause, members });
}

/** As text at once: a number of JavaScript does not hold every value of 64 bits that an answer may have. */
function structure(shape: StructureShape, output: object): string {
  const members: string[] = [];
  for (const { name, wire, shape: inner } of shape.members) {
    const value: unknown = Reflect.get(output, name);
    if (value !== undefined && value !== null)
      members.push(`${JSON.stringify(wire)}:${content(inner, value)}`);
  }
  return `{${members.join(',')}}`;
}

function content(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'string':
      return JSON.stringify(textOf(value));
    case 'boolean':
      return String(flagOf(value));
    case 'integer':
      return String(numberOf(value));
    case 'long':
      return typeof value === 'bigint' ? String(value) : String(numberOf(value));
    case 'double':
      return double(value);
    case 'timestamp': {
      const date = dateOf(value);
      return shape.format === 'iso8601' ? JSON.stringify(date.toISOString()) : String(date.getTime() / 1000);
    }
    case 'blob':
      return JSON.stringify(base64Of(value));
    case 'structure':
      return structure(shape, objectOf(value));
    case 'list':
      return `[${listOf(value)
        .map((one) => content(shape.element, one))
        .join(',')}]`;
    case 'map':
      return `{${[...mapOf(value)].map(([key, one]) => `${JSON.stringify(String(key))}:${content(shape.value, one)}`).join(',')}}`;
    default:
      return shape satisfies never;
  }
}

/** What is no JSON number is a string. Source: Smithy 2.0 specification, "AWS JSON 1.1 protocol", shape serialization. */
function double(value: unknown): string {
  return typeof value === 'number' && !Number.isFinite(value)
    ? JSON.stringify(String(value))
    : String(numberOf(value));
}
