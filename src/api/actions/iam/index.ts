import { accessKeyActions } from './access-keys.ts';
import { accessReportActions } from './access-reports.ts';
import { accountActions } from './account.ts';
import { attachmentActions } from './attachments.ts';
import { groupActions } from './groups.ts';
import { inlinePolicyActions } from './inline-policies.ts';
import { instanceProfileActions } from './instance-profiles.ts';
import { loginProfileActions } from './login-profiles.ts';
import { mfaActions } from './mfa.ts';
import { oidcProviderActions } from './oidc-providers.ts';
import { organizationActions } from './organizations.ts';
import { passwordPolicyActions } from './password-policy.ts';
import { policyActions } from './policies.ts';
import { reportActions } from './reports.ts';
import { roleActions } from './roles.ts';
import type { IamActions } from './row.ts';
import { samlProviderActions } from './saml-providers.ts';
import { serverCertificateActions } from './server-certificates.ts';
import { serviceCredentialActions } from './service-credentials.ts';
import { signingCertificateActions } from './signing-certificates.ts';
import { simulationActions } from './simulation.ts';
import { sshPublicKeyActions } from './ssh-public-keys.ts';
import { tagActions } from './tags.ts';
import { userActions } from './users.ts';

/** IAM's operations, by name. */
export const iamActions = {
  ...userActions,
  ...groupActions,
  ...roleActions,
  ...accessKeyActions,
  ...inlinePolicyActions,
  ...policyActions,
  ...attachmentActions,
  ...tagActions,
  ...mfaActions,
  ...loginProfileActions,
  ...accountActions,
  ...passwordPolicyActions,
  ...samlProviderActions,
  ...oidcProviderActions,
  ...instanceProfileActions,
  ...serverCertificateActions,
  ...signingCertificateActions,
  ...sshPublicKeyActions,
  ...serviceCredentialActions,
  ...reportActions,
  ...accessReportActions,
  ...organizationActions,
  ...simulationActions,
} satisfies IamActions;
