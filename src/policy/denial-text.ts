import type { Decision } from './evaluate.ts';

/** The end of AWS's access-denied sentences. Source: IAM User Guide, "Troubleshoot access denied error messages". */

type Denial = Exclude<Decision, { effect: 'allow' }>;

/**
 * Says why, in AWS's words, to be put after `… on resource: <arn> `: `because no identity-based policy allows
 * the redshift:JoinGroup action`. `action` is written as the service writes it.
 */
export function denialText(denial: Denial, action: string): string {
  switch (denial.because) {
    case 'guardrail-denies':
      return 'with an explicit deny in a service control policy';
    case 'resource-policy-denies':
      return 'with an explicit deny in a resource-based policy';
    case 'identity-policy-denies':
      return 'with an explicit deny in an identity-based policy';
    case 'boundary-denies':
      return 'with an explicit deny in a permissions boundary';
    case 'session-policy-denies':
      return 'with an explicit deny in a session policy';
    case 'guardrail-does-not-allow':
      return `because no service control policy allows the ${action} action`;
    case 'no-resource-policy-allows':
      return `because no resource-based policy allows the ${action} action`;
    case 'no-identity-policy-allows':
    // AWS has no words for a request that is too long to be judged; nothing has allowed it.
    case 'request-too-large':
      return `because no identity-based policy allows the ${action} action`;
    case 'boundary-does-not-allow':
      return `because no permissions boundary allows the ${action} action`;
    case 'no-session-policy-allows':
      return `because no session policy allows the ${action} action`;
    default:
      return denial satisfies never;
  }
}
