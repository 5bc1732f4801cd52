/**
 * Why an operation of IAM is not there, and which permissions one needs besides that of its own name.
 * docs/reference/iam-operations.md is printed from it, and a test holds it against the service's model.
 */

const NO_DELEGATION =
  'A product provider asks for a part of an account with it, through the AWS Partner Network, which is not here.';
const NO_ORGANIZATION = 'The report is about an AWS Organization, and no account is in one.';
const NO_WEB_IDENTITY =
  'It lets `sts:GetWebIdentityToken` issue tokens that other clouds believe; Keyshift issues none.';

export const NOT_IMPLEMENTED: ReadonlyMap<string, string> = new Map([
  ['AcceptDelegationRequest', NO_DELEGATION],
  ['AssociateDelegationRequest', NO_DELEGATION],
  ['CreateDelegationRequest', NO_DELEGATION],
  ['GetDelegationRequest', NO_DELEGATION],
  ['ListDelegationRequests', NO_DELEGATION],
  ['RejectDelegationRequest', NO_DELEGATION],
  ['SendDelegationToken', NO_DELEGATION],
  ['UpdateDelegationRequest', NO_DELEGATION],
  ['GetHumanReadableSummary', 'A language model of AWS writes the summary of a delegation request.'],
  ['GenerateOrganizationsAccessReport', NO_ORGANIZATION],
  ['GetOrganizationsAccessReport', NO_ORGANIZATION],
  ['EnableOutboundWebIdentityFederation', NO_WEB_IDENTITY],
  ['DisableOutboundWebIdentityFederation', NO_WEB_IDENTITY],
  ['GetOutboundWebIdentityFederationInfo', NO_WEB_IDENTITY],
]);

/** Permissions besides that of the operation's own name. Those for tags are found in the model. */
export const FURTHER_PERMISSIONS: ReadonlyMap<string, string> = new Map([
  ['AddRoleToInstanceProfile', '`iam:PassRole` on the role'],
  ['ChangePassword', 'none, where the password policy lets users change their own; a Deny still refuses'],
  ['UpdateUser', 'on the user as it is and as it will be'],
  ['UpdateGroup', 'on the group as it is and as it will be'],
  ['UpdateServerCertificate', 'on the certificate as it is and as it will be'],
]);

/** What is answered, and always with an error that AWS has for accounts like ours. */
export const ALWAYS_REFUSED: ReadonlyMap<string, string> = new Map(
  [
    'ListOrganizationsFeatures',
    'EnableOrganizationsRootSessions',
    'DisableOrganizationsRootSessions',
    'EnableOrganizationsRootCredentialsManagement',
    'DisableOrganizationsRootCredentialsManagement',
  ].map((operation) => [operation, '`OrganizationNotFoundException`: no account is in an organization']),
);
