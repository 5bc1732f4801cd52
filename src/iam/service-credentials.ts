import { AwsError } from '../core/errors.ts';
import type { RandomBytes } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import type { Iam } from './iam.ts';
import { invalidInput } from './iam-errors.ts';
import {
  addCredential,
  type CredentialName,
  requireCredential,
  requireCredentialRoom,
  type UserCredential,
} from './user-credentials.ts';

/**
 * Credentials for one service only. Keyshift has none of these services, so a password is made, shown once and
 * not kept: there is nobody to check it.
 * Source: IAM API Reference, CreateServiceSpecificCredential.
 */
export interface ServiceCredential extends UserCredential {
  readonly password: Secret;
}

/** Services, and whether their credentials end after a number of days. */
const SERVICES = new Map([
  ['codecommit.amazonaws.com', { ends: false }],
  ['cassandra.amazonaws.com', { ends: false }],
  ['bedrock.amazonaws.com', { ends: true }],
]);

const DAY_MS = 86_400_000;
/** 256 bits of chance. */
const PASSWORD_BYTES = 32;

/** CreateServiceSpecificCredential. Throws NotSupportedService, InvalidInput, NoSuchEntity, LimitExceeded at the third. */
export async function createServiceCredential(
  iam: Iam,
  accountId: string,
  request: { readonly userName: string; readonly serviceName: string; readonly ageDays?: number | undefined },
): Promise<ServiceCredential> {
  const { userName, serviceName, ageDays } = request;
  const service = requireSupportedService(serviceName);
  if (ageDays !== undefined && !service.ends) {
    throw invalidInput(`CredentialAgeDays is not supported for the service ${serviceName}.`);
  }
  const made = await addCredential(iam, accountId, 'service-credential', userName, (user, all, now) => {
    const others = all.filter((other) => other.serviceName === serviceName);
    requireCredentialRoom(others, 'credentialsPerService');
    const expiresAt = ageDays === undefined ? undefined : new Date(now.getTime() + ageDays * DAY_MS);
    return { serviceName, serviceUserName: freeName(user.name, accountId, others), expiresAt };
  });
  return { ...made, password: newPassword(iam.random) };
}

/** Throws NotSupportedService for a service that has no such credentials. */
export function requireSupportedService(serviceName: string): { readonly ends: boolean } {
  const service = SERVICES.get(serviceName);
  if (service !== undefined) return service;
  throw new AwsError(
    'NotSupportedService',
    404,
    `No such service ${serviceName} is supported for this operation`,
  );
}

/** ResetServiceSpecificCredential: another password under the same name. Throws NoSuchEntity. */
export async function resetServiceCredential(
  iam: Iam,
  accountId: string,
  name: CredentialName,
): Promise<ServiceCredential> {
  const credential = await requireCredential(iam, accountId, 'service-credential', name);
  return { ...credential, password: newPassword(iam.random) };
}

/** `bob-at-123456789012`, and `bob+1-at-…` for the second. */
function freeName(userName: string, accountId: string, others: readonly UserCredential[]): string {
  const taken = new Set(others.map(({ serviceUserName }) => serviceUserName));
  const first = `${userName}-at-${accountId}`;
  return taken.has(first) ? `${userName}+1-at-${accountId}` : first;
}

function newPassword(random: RandomBytes): Secret {
  return new Secret(random(PASSWORD_BYTES).toString('base64'));
}
