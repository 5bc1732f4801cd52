import { NO_LIMITS } from '../../../redshift/credential-limits.ts';
import type { IssueTerms } from '../../../redshift/issue-credentials.ts';
import type { Caller } from '../../action.ts';

/** Who gets a credential by a call, and what it is limited to beside what was asked for. */
export function issueTerms(caller: Caller): IssueTerms {
  return {
    issuer: { principalArn: caller.principal.arn, roleArn: undefined },
    limits: NO_LIMITS,
    endsSessions: false,
  };
}
