/** Signature Version 4: finding, verifying and making signatures of AWS requests. The package's `keyshift/sigv4`. */
export { formatAmzDate, parseAmzDate } from './amz-date.ts';
export { SigningKeyCache } from './key.ts';
export { parseSignature } from './parse.ts';
export type { RawRequest } from './raw-request.ts';
export { presignRequest, type SigningOptions, signRequest } from './sign.ts';
export type { CredentialScope, SignedClaim } from './signed-claim.ts';
export {
  checkScope,
  type ExpectedScope,
  type ScopeCheck,
  type VerifyOptions,
  verifySignature,
} from './verify.ts';
