import { SqlError } from '../core/errors.ts';
import { ipRangeContains, parseIpAddress } from '../core/ip-range.ts';
import type { Credential } from '../redshift/credential.ts';
import type { CredentialUse } from '../redshift/credential-use.ts';
import type { Revocable, Revocation } from '../redshift/revocations.ts';
import { type CredentialNetworks, networkOf } from './credential-networks.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { SessionRecord } from './session-record.ts';

/** The step *admit*: what keeps out a login whose credential is good in itself. */

export interface AdmitDeps {
  readonly live: LiveSessions;
  readonly credentialNetworks: CredentialNetworks;
  readonly credentialUse: Pick<CredentialUse, 'enter' | 'leave' | 'note'>;
  readonly revocations: RevocationList;
}

/** Rejects when it cannot be known. */
export interface RevocationList {
  check(subject: Revocable): Promise<Revocation | undefined>;
}

/**
 * Throws SqlError 28000 for a credential that is revoked or bound to another network, 53300 for one that has its
 * sessions already, 57P03 when the revocations cannot be known.
 *
 * INVARIANT: the session is among the live ones before the list is looked at, so that an entry that comes later ends it.
 */
export async function admit(deps: AdmitDeps, record: SessionRecord): Promise<void> {
  const { credential, revocable, loginName = '' } = record;
  if (credential === undefined || revocable === undefined) return;
  const refused = (detail: string, hint: string): SqlError =>
    new SqlError('28000', `IAM authentication failed for user "${loginName}"`, { detail, hint });
  await watchNetworks(deps, record, credential);
  const { network, connectionsMax } = credential.limits;
  if (network !== undefined) {
    const address = parseIpAddress(record.sourceIp);
    if (address === undefined || !ipRangeContains(network, address)) {
      throw refused(
        `The credentials do not hold for the address ${record.sourceIp}.`,
        'They are bound to a network by the policy that allowed them.',
      );
    }
  }
  const entry = await revocationOf(deps.revocations, revocable);
  if (entry !== undefined) {
    const why = entry.reason === '' ? '' : ` Reason: ${entry.reason}`;
    throw refused(`The credentials were revoked.${why}`, 'Get new credentials, if you still may.');
  }
  if (connectionsMax !== undefined && !(await hasRoom(deps, record, credential, connectionsMax))) {
    throw new SqlError('53300', `too many connections with the credentials of user "${loginName}"`, {
      detail: `They are for ${connectionsMax} at a time.`,
    });
  }
}

async function revocationOf(list: RevocationList, subject: Revocable): Promise<Revocation | undefined> {
  try {
    return await list.check(subject);
  } catch (cause) {
    throw cannotTell('whether the credentials were revoked', cause);
  }
}

/** An alarm at once when this node has seen the credential elsewhere, and soon when another one has. */
async function watchNetworks(deps: AdmitDeps, record: SessionRecord, credential: Credential): Promise<void> {
  const here = deps.credentialNetworks.note(credential.credentialId, record.sourceIp);
  if (here === undefined) return;
  const network = networkOf(record.sourceIp);
  const alarm = (earlierNetworks: readonly string[]): Promise<void> =>
    record.alarm('CredentialUsedFromAnotherNetwork', { network, earlierNetworks });
  if (here.length > 0) await alarm(here);
  const found = (earlier: readonly string[]): void => {
    // A log that fails now fails the next login, which is where it is told.
    if (here.length === 0) void alarm(earlier).catch(() => {});
  };
  deps.credentialUse.note({ credential, network, found });
}

async function hasRoom(
  deps: AdmitDeps,
  record: SessionRecord,
  credential: Credential,
  connectionsMax: number,
): Promise<boolean> {
  try {
    return await deps.credentialUse.enter(record.sessionId, credential, connectionsMax);
  } catch (cause) {
    throw cannotTell('how many connections the credentials have', cause);
  }
}

const cannotTell = (what: string, cause: unknown): SqlError =>
  new SqlError('57P03', `the gateway cannot tell at the moment ${what}`, {
    hint: 'Try again later; the log of Keyshift and its /health tell more.',
    cause,
  });
