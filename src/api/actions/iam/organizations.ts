import { AwsError } from '../../../core/errors.ts';
import { changing, reading } from './row.ts';
import { onAccount } from './targets.ts';

/**
 * What AWS Organizations may switch on in IAM. An account of Keyshift is in no organization, and is told so with
 * the error that AWS has for it.
 */

const inNoOrganization = async (): Promise<never> => {
  throw new AwsError(
    'OrganizationNotFoundException',
    400,
    'Your account is not a member of an organization.',
  );
};

export const organizationActions = {
  ListOrganizationsFeatures: reading<'ListOrganizationsFeatures'>(
    () => onAccount('iam:ListOrganizationsFeatures'),
    inNoOrganization,
  ),
  EnableOrganizationsRootSessions: changing<'EnableOrganizationsRootSessions'>(
    () => onAccount('iam:EnableOrganizationsRootSessions'),
    inNoOrganization,
  ),
  DisableOrganizationsRootSessions: changing<'DisableOrganizationsRootSessions'>(
    () => onAccount('iam:DisableOrganizationsRootSessions'),
    inNoOrganization,
  ),
  EnableOrganizationsRootCredentialsManagement: changing<'EnableOrganizationsRootCredentialsManagement'>(
    () => onAccount('iam:EnableOrganizationsRootCredentialsManagement'),
    inNoOrganization,
  ),
  DisableOrganizationsRootCredentialsManagement: changing<'DisableOrganizationsRootCredentialsManagement'>(
    () => onAccount('iam:DisableOrganizationsRootCredentialsManagement'),
    inNoOrganization,
  ),
};
