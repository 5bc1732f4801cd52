import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Certificates, openCertificates } from '../../../src/certificates.ts';
import { systemRandom } from '../../../src/core/ids.ts';

/** A certificate for localhost, made anew; its folder is gone when this returns. */
export async function localhostCertificate(): Promise<Certificates> {
  const folder = mkdtempSync(join(tmpdir(), 'keyshift-unit-'));
  try {
    return await openCertificates(folder, ['localhost', '127.0.0.1'], new Date(), systemRandom);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
