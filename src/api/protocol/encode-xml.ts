import type { Operation, ServiceTable, Shape, StructureShape } from '../services/table.ts';
import { base64Of, dateOf, flagOf, listOf, mapOf, numberOf, objectOf, textOf } from './answer-value.ts';
import { escapeXml } from './escape-xml.ts';

/**
 * Answers of the query protocol.
 * Source: Smithy 2.0 specification, "AWS query protocol", responses and error responses.
 */

/** The Content-Type of every answer. */
export const XML_CONTENT_TYPE = 'text/xml';

/**
 * Writes an answer: members in the order of the model, undefined ones left out, and no result element for an
 * operation without output. `output` has the operation's output type.
 */
export function encodeResult(
  table: ServiceTable,
  operation: Operation,
  output: object | undefined,
  requestId: string,
): string {
  const { name } = operation;
  const result =
    operation.output === undefined
      ? ''
      : `<${name}Result>${structure(operation.output, output ?? {})}</${name}Result>`;
  return (
    `<${name}Response xmlns="${table.namespace}">${result}` +
    `<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`
  );
}

export interface ErrorAnswer {
  readonly code: string;
  readonly message: string;
  readonly fault: 'Sender' | 'Receiver';
  readonly requestId: string;
}

/** Writes an error; without a namespace when the service is not known. */
export function encodeError(error: ErrorAnswer, namespace: string | undefined): string {
  const xmlns = namespace === undefined ? '' : ` xmlns="${namespace}"`;
  return (
    `<ErrorResponse${xmlns}><Error><Type>${error.fault}</Type><Code>${escapeXml(error.code)}</Code>` +
    `<Message>${escapeXml(error.message)}</Message></Error><RequestId>${error.requestId}</RequestId></ErrorResponse>`
  );
}

function structure(shape: StructureShape, output: object): string {
  let text = '';
  for (const { name, wire, shape: inner } of shape.members) {
    const value: unknown = Reflect.get(output, name);
    if (value !== undefined && value !== null) text += `<${wire}>${content(inner, value)}</${wire}>`;
  }
  return text;
}

function content(shape: Shape, value: unknown): string {
  switch (shape.kind) {
    case 'string':
      return escapeXml(textOf(value));
    case 'boolean':
      return flagOf(value) ? 'true' : 'false';
    case 'integer':
    case 'long':
    case 'double':
      return String(numberOf(value));
    case 'timestamp':
      return `${dateOf(value).toISOString().slice(0, 19)}Z`;
    case 'blob':
      return base64Of(value);
    case 'structure':
      return structure(shape, objectOf(value));
    case 'list':
      return listOf(value)
        .map((one) => `<${shape.item}>${content(shape.element, one)}</${shape.item}>`)
        .join('');
    case 'map':
      return [...mapOf(value)]
        .map(([key, one]) => entry(content(shape.key, key), content(shape.value, one)))
        .join('');
    default:
      return shape satisfies never;
  }
}

function entry(key: string, value: string): string {
  return `<entry><key>${key}</key><value>${value}</value></entry>`;
}
