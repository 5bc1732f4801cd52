/** What the parser of policy documents throws; the API layer answers it with MalformedPolicyDocument, HTTP 400. */

/**
 * The sentences that IAM answers a malformed policy with; clients and their users search for them.
 * Source: the real service's answers as reported in public issues (for example hashicorp/terraform#13449,
 * arithmetric/aws-lambda-ses-forwarder#31, Meteor-CollectionFS#630).
 */
export const POLICY_PROBLEMS = {
  syntax: 'Syntax errors in policy.',
  version: 'Policy document must be version 2012-10-17 or greater.',
  legacyParsing: 'The policy failed legacy parsing',
  principalInIdentityPolicy: 'Policy document should not specify a principal.',
  actionMissing: 'Policy statement must contain actions.',
  resourceMissing: 'Policy statement must contain resources.',
  sidRepeated: 'Statement IDs (SID) in a single policy must be unique.',
  sidForm:
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  vendorMissing: 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.',
  oneColon: 'Actions/Condition can contain only one colon.',
  resourceVendor: 'Resource vendor must be fully qualified and cannot contain regexes.',
  principalMissing: 'Missing required field Principal',
  notPrincipalInTrustPolicy: 'AssumeRole policy must not contain NotPrincipal field.',
  resourceInTrustPolicy: 'Has prohibited field Resource',
  notResourceInTrustPolicy: 'AssumeRole policy must not contain resources.',
  trustAction: 'AssumeRole policy may only specify STS AssumeRole actions.',
} as const;

/** A policy document that IAM would not store: `message` is IAM's own sentence, `detail` says where and why. */
export class MalformedPolicy extends Error {
  /** For a person who edits the policy: lower case, names the place, quotes the document only. */
  readonly detail: string;

  constructor(message: string, detail: string) {
    super(message);
    this.name = 'MalformedPolicy';
    this.detail = detail;
  }
}

/** A `MalformedPolicy` with IAM's sentence for everything that is not grammar. */
export function syntaxError(detail: string): MalformedPolicy {
  return new MalformedPolicy(POLICY_PROBLEMS.syntax, detail);
}
