import { AwsError } from '../core/errors.ts';
import { readCertificate, requireUnexpired } from './certificates.ts';
import type { Iam } from './iam.ts';
import { addCredential, requireCredentialRoom, type UserCredential } from './user-credentials.ts';

/**
 * UploadSigningCertificate: a certificate with which a user signs.
 * Throws NoSuchEntity, MalformedCertificate, InvalidCertificate, DuplicateCertificate, and LimitExceeded at the third.
 */
export async function uploadSigningCertificate(
  iam: Iam,
  accountId: string,
  userName: string,
  body: string,
): Promise<UserCredential> {
  const certificate = readCertificate(body);
  requireUnexpired(certificate, iam.clock.now());
  const fingerprint = certificate.fingerprint256;
  return addCredential(iam, accountId, 'signing-certificate', userName, (_user, others) => {
    if (others.some((other) => other.fingerprint === fingerprint)) {
      throw new AwsError('DuplicateCertificate', 409, 'The certificate is already associated with the user.');
    }
    requireCredentialRoom(others, 'signingCertificatesPerUser');
    return { body, fingerprint };
  });
}
