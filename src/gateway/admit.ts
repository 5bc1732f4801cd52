import { SqlError } from '../core/errors.ts';
import { ipRangeContains, parseIpAddress } from '../core/ip-range.ts';
import type { Revocable, Revocation } from '../redshift/revocations.ts';
import { type CredentialNetworks, networkOf } from './credential-networks.ts';
import type { LiveSessions } from './live-sessions.ts';
import type { SessionRecord } from './session-record.ts';

/** The step *admit*: what keeps out a login whose credential is good in itself. */

export interface AdmitDeps {
  readonly live: LiveSessions;
  readonly credentialNetworks: CredentialNetworks;
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
  const earlier = deps.credentialNetworks.note(credential.credentialId, record.sourceIp);
  if (earlier !== undefined) {
    await record.alarm('CredentialUsedFromAnotherNetwork', {
      network: networkOf(record.sourceIp),
      earlierNetworks: earlier,
    });
  }
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
  if (connectionsMax !== undefined && deps.live.countOf(credential.credentialId) > connectionsMax) {
    throw new SqlError('53300', `too many connections with the credentials of user "${loginName}"`, {
      detail: `They are for ${connectionsMax} at a time.`,
    });
  }
}

async function revocationOf(list: RevocationList, subject: Revocable): Promise<Revocation | undefined> {
  try {
    return await list.check(subject);
  } catch (cause) {
    throw new SqlError(
      '57P03',
      'the gateway cannot tell at the moment whether the credentials were revoked',
      {
        hint: 'Try again later; the log of Keyshift and its /health tell more.',
        cause,
      },
    );
  }
}
