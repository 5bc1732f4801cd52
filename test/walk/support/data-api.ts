import { setTimeout as pause } from 'node:timers/promises';
import type { Endpoint } from '../../../src/client/call.ts';
import { EXAMPLE } from '../../../src/example.ts';
import { askJson, type Received } from './api.ts';

/** Calls of the Redshift Data API for tests, as bytes. */

/** What an answer says, whatever it is. Tests compare it with what they expect. */
export interface Told {
  readonly [name: string]: never;
}

export function dataApi(caller: Endpoint, operation: string, input: object): Promise<Received> {
  return askJson(caller, 'redshift-data', 'RedshiftData', operation, input);
}

/** The same, for calls that must succeed. */
export async function told(caller: Endpoint, operation: string, input: object): Promise<Told> {
  const answer = await dataApi(caller, operation, input);
  if (answer.status !== 200) throw new Error(`${operation}: ${answer.text}`);
  return JSON.parse(answer.text) as Told;
}

/** The error of a call that must be refused: its code, its text, and the status of the answer. */
export async function refused(caller: Endpoint, operation: string, input: object): Promise<object> {
  const { status, text } = await dataApi(caller, operation, input);
  const { __type, message } = JSON.parse(text) as Record<string, unknown>;
  return { status, __type, message };
}

/** The example's cluster, as the example's database user. */
export const AS_USER = {
  ClusterIdentifier: EXAMPLE.cluster,
  Database: EXAMPLE.database,
  DbUser: EXAMPLE.dbUser,
} as const;

const END_MS_MAX = 60_000;

/** Waits for the end of a statement, and describes it. */
export async function ended(caller: Endpoint, Id: string): Promise<Told> {
  for (let waited = 0; waited < END_MS_MAX; waited += 50) {
    const found = await told(caller, 'DescribeStatement', { Id });
    if (!['SUBMITTED', 'PICKED', 'STARTED'].includes(found['Status'] ?? '')) return found;
    await pause(50);
  }
  throw new Error(`the statement ${Id} does not end`);
}

/** Runs a statement as the example's user to its end. */
export async function executed(caller: Endpoint, Sql: string, more: object = {}): Promise<Told> {
  const where = 'SessionId' in more ? {} : AS_USER;
  const { Id = '' } = await told(caller, 'ExecuteStatement', { Sql, ...where, ...more });
  return ended(caller, Id);
}

/** The rows of a statement that has one page of them. */
export async function rowsOf(caller: Endpoint, Id: string): Promise<unknown> {
  return (await told(caller, 'GetStatementResult', { Id }))['Records'];
}
