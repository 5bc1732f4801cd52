import { formatIpAddress } from '../../../core/ip-range.ts';
import { NO_LIMITS } from '../../../redshift/credential-limits.ts';
import type { IssueTerms } from '../../../redshift/issue-credentials.ts';
import type { Caller, Offer } from '../../action.ts';
import { credentialOffers } from './credential-offers.ts';
import type { RedshiftDeps } from './deps.ts';

/** The limits under which the caller may have a credential, for the rows that issue one. */
export async function loginOffers(deps: RedshiftDeps, caller: Caller): Promise<Iterable<Offer>> {
  return credentialOffers(await deps.loginSettings.get(caller.principal.accountId), caller);
}

/** Who gets a credential by a call, and what it is limited to beside what was asked for. */
export async function issueTerms(deps: RedshiftDeps, caller: Caller): Promise<IssueTerms> {
  const settings = await deps.loginSettings.get(caller.principal.accountId);
  const limits = caller.granted ?? NO_LIMITS;
  const { sessionSeconds, connectionsMax, network } = limits;
  const text =
    network === undefined ? undefined : `${formatIpAddress(network.address)}/${network.prefixBits}`;
  caller.note({ sessionSeconds, connectionsMax, network: text });
  return {
    issuer: { principalArn: caller.principal.arn, roleArn: caller.principal.session?.roleArn },
    limits,
    endsSessions: settings.endSessionsAtExpiry,
  };
}
