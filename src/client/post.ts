import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { codeOf } from '../core/errors.ts';

/** Sends the one request of a call. Not fetch: that cannot be given the certificate to trust. */

/** Nobody answered: no server there, no trust in it, or no answer in time. */
export class NoAnswer extends Error {
  constructor(options: ErrorOptions) {
    super('no answer', options);
    this.name = 'NoAnswer';
  }

  /** Whether nobody listens there. */
  get isRefused(): boolean {
    return codeOf(this.cause) === 'ECONNREFUSED';
  }
}

export interface Posted {
  readonly url: URL;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** Certificates in PEM that are trusted in the place of the system's. */
  readonly ca: string | undefined;
  readonly msMax: number;
}

/** Throws NoAnswer. */
export async function post({
  url,
  headers,
  body,
  ca,
  msMax,
}: Posted): Promise<{ status: number; text: string }> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  try {
    return await new Promise((resolve, reject) => {
      const sent = request(
        url,
        {
          method: 'POST',
          headers: { ...Object.fromEntries(headers), 'Content-Length': Buffer.byteLength(body) },
          signal: AbortSignal.timeout(msMax),
          ...(ca === undefined ? {} : { ca }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  } catch (error) {
    throw new NoAnswer({ cause: error });
  }
}
