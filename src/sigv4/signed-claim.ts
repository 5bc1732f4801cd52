import type { Secret } from '../core/secret.ts';
import type { RequestHeaders } from './request-headers.ts';

/** Who a request claims to be from, and the signature that has to prove it. Nothing in it is verified yet. */
export interface SignedClaim {
  readonly accessKeyId: string;
  readonly scope: CredentialScope;
  /** All headers of the request, signed or not, by lower-case name. */
  readonly headers: RequestHeaders;
  /** Lower-case names in ascending order; contains `host`. */
  readonly signedHeaders: readonly string[];
  /** 32 bytes when well formed; other lengths never match. */
  readonly signature: Uint8Array;
  readonly date: Date;
  /** The date in ISO 8601 basic format, as it goes into the string to sign. */
  readonly amzDate: string;
  /** Whether the signature is in the query rather than in the Authorization header. */
  readonly presigned: boolean;
  /** Life of a presigned request from its date; undefined when not presigned. */
  readonly expiresSeconds: number | undefined;
  readonly sessionToken: Secret | undefined;
}

/** The part of a credential behind the access key id, as sent. */
export interface CredentialScope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly terminator: string;
  /** `date/region/service/terminator`. */
  readonly text: string;
}
