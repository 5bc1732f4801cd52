import { createHmac } from 'node:crypto';
import type { RandomBytes } from '../../../src/core/ids.ts';
import { type CredentialTerms, credentialKeyPurpose } from '../../../src/redshift/credential.ts';
import { NO_LIMITS } from '../../../src/redshift/credential-limits.ts';
import { type DerivedKeys, Keyring } from '../../../src/store/keyring.ts';

/** Keys and chance for tests of credentials: real key derivation, from roots that everybody knows. */

export const ARN = 'arn:aws:redshift:us-west-2:123456789012:cluster:examplecluster';

/** The keys of a cluster in an installation that has gone through `versions`; another `first`, another installation. */
export function clusterKeys(arn: string = ARN, versions: readonly number[] = [1], first = 0): DerivedKeys {
  const roots = new Map(versions.map((version) => [version, Buffer.alloc(32, first + version)]));
  return new Keyring(roots).derive(credentialKeyPurpose(arn));
}

/** Chance that goes the same way at every run, and gives other bytes at every call. */
export function seededRandom(seed = 'seed'): RandomBytes {
  let calls = 0;
  return (count) => {
    calls += 1;
    const blocks = Array.from({ length: Math.ceil(count / 32) }, (_, at) =>
      createHmac('sha256', seed).update(`${calls}/${at}`).digest(),
    );
    return Buffer.concat(blocks).subarray(0, count);
  };
}

export const ISSUER = { principalArn: 'arn:aws:iam::123456789012:user/alice', roleArn: undefined } as const;

/** What a credential is minted for: issued 900 seconds before it expires, by ISSUER, without limits. */
export function termsOf(
  database: string | undefined,
  expiresAt: Date,
  changes: Partial<CredentialTerms> = {},
): CredentialTerms {
  return {
    database,
    issuer: ISSUER,
    issuedAt: new Date(expiresAt.getTime() - 900_000),
    expiresAt,
    limits: NO_LIMITS,
    endsSessions: false,
    isOwnUser: false,
    ...changes,
  };
}
