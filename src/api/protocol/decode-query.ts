import { AwsError } from '../../core/errors.ts';
import { LIMITS } from '../../core/limits.ts';
import type { Operation, ServiceTable } from '../services/table.ts';

/**
 * The query protocol's outer form: names and values from the query string and the form body.
 * Source: IAM API reference, "Making query requests"; WHATWG URL standard, application/x-www-form-urlencoded.
 */
export interface QueryRequest {
  readonly action: string | undefined;
  readonly version: string | undefined;
  /** Everything but Action, Version and the parameters of a presigned signature. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SIGNATURE_PREFIX = 'X-Amz-';
const PLAIN_ASCII = /^[ -~]*$/;
/** What stands for something else, or must not be there. Most requests have nothing of it. */
const NOT_PLAIN = /[%+\0]/;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Decodes the parameters of a request. `query` is the raw query string, `body` the raw form. Throws
 * MalformedQueryString 400 for bad escapes, bad UTF-8, a null character or too many parameters, and
 * InvalidQueryParameter 400 for a name that is given twice.
 */
export function decodeQuery(
  query: string,
  body: Uint8Array,
  parametersMax: number = LIMITS.requestParametersMax,
): QueryRequest {
  const all = new Map<string, string>();
  if (query !== '') addParameters(all, asciiOnly(query), parametersMax);
  if (body.length > 0) addParameters(all, utf8Text(body), parametersMax);
  const action = all.get('Action');
  const version = all.get('Version');
  all.delete('Action');
  all.delete('Version');
  return { action, version, parameters: all };
}

/**
 * Finds the operation that a request names. Throws MissingAction 400, or InvalidAction 400 if the service has no
 * such operation in that version.
 */
export function operationFor(table: ServiceTable, request: QueryRequest): Operation {
  if (!request.action) throw missingAction();
  const version = request.version || table.version;
  const operation = version === table.version ? table.operation(request.action) : undefined;
  if (operation === undefined) throw invalidAction(request.action, version);
  return operation;
}

export function missingAction(): AwsError {
  return new AwsError('MissingAction', 400, 'The request must contain the parameter Action.');
}

/** Names of operations have under 80 characters; of a longer one the beginning is enough to recognize it. */
const SHOWN_CHARACTERS_MAX = 128;

export function invalidAction(action: string, version: string | undefined): AwsError {
  const shown = (text: string): string => text.slice(0, SHOWN_CHARACTERS_MAX);
  const suffix = version === undefined ? '' : ` for version ${shown(version)}`;
  return new AwsError('InvalidAction', 400, `Could not find operation ${shown(action)}${suffix}`);
}

function addParameters(all: Map<string, string>, text: string, max: number): void {
  const isPlain = !NOT_PLAIN.test(text);
  let start = 0;
  while (start < text.length) {
    let end = text.indexOf('&', start);
    if (end === -1) end = text.length;
    if (end > start) addParameter(all, text.slice(start, end), isPlain);
    if (all.size > max) throw malformed(`The request has more than ${max} parameters.`);
    start = end + 1;
  }
}

function addParameter(all: Map<string, string>, pair: string, isPlain: boolean): void {
  const equals = pair.indexOf('=');
  const rawName = equals === -1 ? pair : pair.slice(0, equals);
  const rawValue = equals === -1 ? '' : pair.slice(equals + 1);
  const name = isPlain ? rawName : decode(rawName);
  if (name.startsWith(SIGNATURE_PREFIX)) return;
  if (all.has(name)) {
    throw new AwsError(
      'InvalidQueryParameter',
      400,
      `The parameter ${shortened(name)} is given more than once.`,
    );
  }
  all.set(name, isPlain ? rawValue : decode(rawValue));
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  const decoded = spaced.includes('%') ? percentDecode(spaced) : spaced;
  // PostgreSQL holds no such text, XML neither.
  if (decoded.includes('\0')) throw malformed('The request contains a null character.');
  return decoded;
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed('The request contains a malformed percent-encoding or text that is not UTF-8.');
  }
}

function asciiOnly(query: string): string {
  if (!PLAIN_ASCII.test(query))
    throw malformed('The query string contains a character that must be encoded.');
  return query;
}

function utf8Text(body: Uint8Array): string {
  try {
    return utf8.decode(body);
  } catch {
    throw malformed('The request body is not UTF-8.');
  }
}

const NAME_SHOWN_MAX = 100;

function shortened(name: string): string {
  return name.length > NAME_SHOWN_MAX ? `${name.slice(0, NAME_SHOWN_MAX)}…` : name;
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedQueryString', 400, message);
}
