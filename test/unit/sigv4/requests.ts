import { fixedClock } from '../../../src/core/clock.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type RawRequest, SigningKeyCache, type VerifyOptions } from '../../../src/sigv4/index.ts';

/** Requests and options that the tests of this room share. */

export const AT = new Date('2026-03-04T05:06:07Z');
export const ACCESS_KEY_ID = 'AKIAIOSFODNN7EXAMPLE';
export const SECRET = new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY');

export const SIGNING = {
  accessKeyId: ACCESS_KEY_ID,
  secret: SECRET,
  region: 'us-east-1',
  service: 'redshift',
  at: AT,
};

export function rawRequest(changes: Partial<RawRequest> = {}): RawRequest {
  return {
    method: 'POST',
    path: '/',
    query: '',
    headers: [
      ['Host', 'localhost:8080'],
      ['Content-Type', 'application/x-www-form-urlencoded'],
    ],
    body: Buffer.from('Action=DescribeClusters&Version=2012-12-01'),
    ...changes,
  };
}

export function options(changes: Partial<VerifyOptions> = {}): VerifyOptions {
  return {
    secret: SECRET,
    expected: { services: new Set(['redshift']), region: 'us-east-1' },
    clock: fixedClock(AT),
    windowMinutes: 15,
    keys: new SigningKeyCache(),
    ...changes,
  };
}

/** The request with one header replaced, or taken away when `value` is undefined. */
export function withHeader(request: RawRequest, name: string, value: string | undefined): RawRequest {
  const others = request.headers.filter(([other]) => other.toLowerCase() !== name);
  return { ...request, headers: value === undefined ? others : [...others, [name, value]] };
}

/** The error that `run` throws, as `code status message`; fails if it throws none. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'status' in error) {
      return `${error.code} ${error.status} ${error.message}`;
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}
