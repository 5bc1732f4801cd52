import { AwsError } from '../core/errors.ts';
import type { Action } from './action.ts';
import type { ReceivedRequest } from './listen.ts';
import { decodeInput } from './protocol/decode-input.ts';
import { decodeJsonInput, operationOfTarget, unknownOperation } from './protocol/decode-json.ts';
import { decodeQuery, invalidAction, missingAction, operationFor } from './protocol/decode-query.ts';
import { validateInput } from './protocol/validate-input.ts';
import type { Operation, ServiceTable } from './services/table.ts';

/** The step *decode*: which operation of which service a request asks for, and its input. */

/** A row of a table, whatever its input and output: decoding and encoding go by the service's model. */
export type AnyAction<Deps> = Action<Deps, never, unknown>;

/** A service: its model, and the operations of it that are implemented. */
export interface Service<Deps> {
  readonly table: ServiceTable;
  readonly actions: ReadonlyMap<string, AnyAction<Deps>>;
}

export interface Call<Deps> {
  readonly table: ServiceTable;
  readonly operation: Operation;
  readonly action: AnyAction<Deps>;
  /** Reads the input; throws what the protocol says of a malformed one. */
  readonly input: () => Record<string, unknown>;
}

const FORM = 'application/x-www-form-urlencoded';
const FORM_TYPE = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** Whether a request is one of the JSON protocol, so that its answer must be JSON too. */
export function isJsonProtocol(request: ReceivedRequest): boolean {
  return (
    headerValue(request, 'x-amz-target') !== undefined ||
    headerValue(request, 'content-type')?.startsWith('application/x-amz-json') === true
  );
}

/**
 * Finds the operation that a request asks for. Throws MissingAction, InvalidAction, MalformedQueryString (400) and
 * InvalidHttpRequest (405, 415), in the JSON protocol UnknownOperationException (400).
 */
export function decodeCall<Deps>(services: readonly Service<Deps>[], request: ReceivedRequest): Call<Deps> {
  return isJsonProtocol(request) ? decodeJsonCall(services, request) : decodeQueryCall(services, request);
}

/** By the header X-Amz-Target alone. */
function decodeJsonCall<Deps>(services: readonly Service<Deps>[], request: ReceivedRequest): Call<Deps> {
  if (request.path !== '/' || request.method !== 'POST') throw unknownOperation();
  const header = headerValue(request, 'x-amz-target') ?? '';
  for (const { table, actions } of services) {
    const name = table.target === undefined ? undefined : operationOfTarget(header, table.target);
    const operation = name === undefined ? undefined : table.operation(name);
    const action = name === undefined ? undefined : actions.get(name);
    if (operation === undefined || action === undefined) continue;
    return { table, operation, action, input: () => decodeJsonInput(operation, request.body) };
  }
  throw unknownOperation();
}

/** By Action and Version, or without a Version by the service that the request is signed for. */
function decodeQueryCall<Deps>(services: readonly Service<Deps>[], request: ReceivedRequest): Call<Deps> {
  requireQueryProtocol(request);
  const query = decodeQuery(request.query, request.body);
  const scope = query.version === undefined ? signedForService(request) : undefined;
  const service = services.find(
    ({ table }) =>
      table.target === undefined &&
      (table.version === query.version || (scope !== undefined && table.name === scope)),
  );
  if (query.action === undefined || query.action === '') throw missingAction();
  if (service === undefined) throw invalidAction(query.action, query.version);
  const { table } = service;
  const operation = operationFor(table, query);
  const action = service.actions.get(operation.name);
  if (action === undefined) throw invalidAction(operation.name, table.version);
  return { table, operation, action, input: () => decodeInput(table, operation, query.parameters) };
}

/** The input, checked against the model's constraints. Throws ValidationError and its relatives (400). */
export function decodeCallInput<Deps>(call: Call<Deps>): never {
  const input = call.input();
  validateInput(call.table, call.operation, input);
  // The model made it: it has exactly the type that the row of this operation takes.
  return input as never;
}

function requireQueryProtocol(request: ReceivedRequest): void {
  if (request.path !== '/') throw new AwsError('InvalidAction', 404, 'There is nothing at this path; use /.');
  if (request.method !== 'POST' && request.method !== 'GET') {
    throw new AwsError(
      'InvalidHttpRequest',
      405,
      `The method ${request.method} is not supported; use POST or GET.`,
    );
  }
  if (request.body.length === 0) return;
  if (FORM_TYPE.test(headerValue(request, 'content-type') ?? '')) return;
  throw new AwsError('InvalidHttpRequest', 415, `The content type of the request must be ${FORM}.`);
}

/** Where the credential of an Authorization header ends at the latest; keeps the search of a hostile one short. */
const CREDENTIAL_CHARACTERS_MAX = 512;

/** The service in the credential scope, read loosely: the signature is verified against it later. */
function signedForService(request: ReceivedRequest): string | undefined {
  const header = (headerValue(request, 'authorization') ?? '').slice(0, CREDENTIAL_CHARACTERS_MAX);
  const scope = /Credential=[^/,\s]*\/\d{8}\/[^/,\s]*\/([a-z-]+)\/aws4_request/.exec(header);
  return scope?.[1];
}

/** The first header of that name, given in lower case. */
export function headerValue({ headers }: ReceivedRequest, name: string): string | undefined {
  for (const [candidate, value] of headers) {
    // The length tells most names apart for less than their letters do.
    if (candidate.length === name.length && candidate.toLowerCase() === name) return value;
  }
  return undefined;
}
