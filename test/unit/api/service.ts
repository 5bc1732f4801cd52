import type { AnyAction, Service } from '../../../src/api/decode-call.ts';
import type { ReceivedRequest } from '../../../src/api/listen.ts';
import { ServiceTable } from '../../../src/api/services/table.ts';
import { Secret } from '../../../src/core/secret.ts';
import { signRequest } from '../../../src/sigv4/index.ts';

/** A service with one operation, and signed requests for it. */

export const table = new ServiceTable({
  name: 'keyshift',
  version: '2000-01-01',
  namespace: 'https://example.com/doc/2000-01-01/',
  strict: true,
  operations: { Echo: 'EchoRequest>EchoResponse', Other: '>' },
  structures: { EchoRequest: 'Text!shortText', EchoResponse: 'Text:string' },
  lists: {},
  maps: {},
  scalars: { shortText: { type: 'string', min: 1, max: 10 } },
  errors: {},
});

export function serviceWith<Deps>(action: AnyAction<Deps>): Service<Deps> {
  return { table, actions: new Map([['Echo', action]]) };
}

export const KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
export const SECRET = new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');
export const AT = new Date('2026-03-01T12:00:00Z');

/** A request as the listener hands it on. */
export function received(body: string, more: Partial<ReceivedRequest> = {}): ReceivedRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: [
      ['Host', 'localhost:8080'],
      ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['User-Agent', 'unit/1.0'],
    ],
    body: Buffer.from(body),
    sourceIp: '10.1.2.3',
    secureTransport: true,
    ...more,
  };
}

export function signed(body: string, more: Partial<ReceivedRequest> = {}, secret = SECRET): ReceivedRequest {
  const request = received(body, more);
  const options = { accessKeyId: KEY_ID, secret, region: 'us-west-2', service: 'keyshift', at: AT };
  return { ...request, ...signRequest(request, options) };
}

export const ECHO = 'Action=Echo&Version=2000-01-01&Text=hello';
