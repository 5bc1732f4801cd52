import { accountSteps, reportSteps, simulationSteps } from './account.ts';
import { credentialSteps } from './credentials.ts';
import { groupSteps } from './groups.ts';
import { mfaSteps } from './mfa.ts';
import { policySteps } from './policies.ts';
import { certificateSteps, oidcSteps, samlSteps } from './providers.ts';
import { roleSteps } from './roles.ts';
import type { ClientStep } from './step.ts';
import { stsSteps } from './sts.ts';
import { userSteps } from './users.ts';

/** All steps, group by group. Each group finds an empty account and leaves one. */
export const STEP_GROUPS: ReadonlyMap<string, readonly ClientStep[]> = new Map([
  ['account', accountSteps],
  ['users', userSteps],
  ['groups', groupSteps],
  ['roles', roleSteps],
  ['policies', policySteps],
  ['credentials', credentialSteps],
  ['MFA devices', mfaSteps],
  ['SAML providers', samlSteps],
  ['OpenID Connect providers', oidcSteps],
  ['server certificates', certificateSteps],
  ['simulation', simulationSteps],
  ['sessions', stsSteps],
  // Last, because it moves the clock.
  ['reports', reportSteps],
]);

/** The quotas that the steps count on; the others are AWS's. */
export const STEP_QUOTAS =
  'users=10,groups=12,roles=5,policies=4,saml-providers=2,oidc-providers=2,instance-profiles=3,server-certificates=2';
