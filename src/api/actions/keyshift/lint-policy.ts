import { lintDocument } from '../../../iam/lint-document.ts';
import type { Clusters } from '../../../redshift/clusters.ts';
import type { Action } from '../../action.ts';
import { keyshiftTable } from '../../protocol/services.ts';
import type * as wire from '../../services/keyshift.ts';

/** LintPolicy: what a policy says that its author may not have meant, before it is attached to anybody. */

export const lintPolicyAction: Action<
  { readonly clusters: Clusters },
  wire.LintPolicyRequest,
  wire.LintPolicyResponse
> = {
  permissions: () => [{ action: 'keyshift:LintPolicy', resource: '*' }],
  run: async ({ clusters }, input, caller) => {
    const masters = (await clusters.list(caller.principal.accountId)).map(
      (cluster) => cluster.masterUsername,
    );
    const findings = lintDocument(input.PolicyDocument, input.PolicyType ?? 'identity', {
      superusers: [...new Set(masters)],
      own: keyshiftTable,
    });
    return { Findings: findings.map(findingShape) };
  },
  changes: false,
};

type Finding = ReturnType<typeof lintDocument>[number];

/** Statements are counted from 1, as IAM's messages count them. */
function findingShape(finding: Finding): wire.PolicyFinding {
  return {
    Id: finding.id,
    Severity: finding.severity,
    Statement: finding.statement === undefined ? undefined : finding.statement + 1,
    Sid: finding.sid,
    Element: finding.element,
    Value: finding.value,
    Explanation: finding.explanation,
    Fix: finding.fix,
  };
}
