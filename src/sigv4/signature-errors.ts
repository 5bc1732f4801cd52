import { AwsError } from '../core/errors.ts';

/**
 * The refusals of this room, with AWS's codes, statuses and texts.
 * Source: IAM User Guide, "Troubleshoot Signature Version 4 requests"; Common Error Types of the query APIs.
 */

const MISMATCH =
  'The request signature we calculated does not match the signature you provided. ' +
  'Check your AWS Secret Access Key and signing method. Consult the service documentation for details.';

export function missingAuthenticationToken(): AwsError {
  return new AwsError('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');
}

/** `message` names what is missing or malformed. */
export function incompleteSignature(message: string): AwsError {
  return new AwsError('IncompleteSignature', 400, message);
}

/** Without a message: the text for a signature that is simply wrong. */
export function signatureDoesNotMatch(message: string = MISMATCH): AwsError {
  return new AwsError('SignatureDoesNotMatch', 403, message);
}

export function requestExpired(): AwsError {
  return new AwsError('RequestExpired', 400, 'Request has expired.');
}

export function malformedQueryString(message: string): AwsError {
  return new AwsError('MalformedQueryString', 400, message);
}
