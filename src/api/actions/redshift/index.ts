import {
  createAuthenticationProfile,
  deleteAuthenticationProfile,
  describeAuthenticationProfiles,
  modifyAuthenticationProfile,
} from './authentication-profiles.ts';
import {
  createCluster,
  deleteCluster,
  describeClusters,
  describeLoggingStatus,
  modifyCluster,
} from './clusters.ts';
import {
  createCustomDomainAssociation,
  deleteCustomDomainAssociation,
  describeCustomDomainAssociations,
  modifyCustomDomainAssociation,
} from './custom-domains.ts';
import { getClusterCredentials } from './get-cluster-credentials.ts';
import { getClusterCredentialsWithIam } from './get-cluster-credentials-with-iam.ts';

/** The operations of Redshift that are implemented, by name. All others answer InvalidAction. */
export const redshiftActions = {
  CreateAuthenticationProfile: createAuthenticationProfile,
  CreateCluster: createCluster,
  CreateCustomDomainAssociation: createCustomDomainAssociation,
  DeleteAuthenticationProfile: deleteAuthenticationProfile,
  DeleteCluster: deleteCluster,
  DeleteCustomDomainAssociation: deleteCustomDomainAssociation,
  DescribeAuthenticationProfiles: describeAuthenticationProfiles,
  DescribeClusters: describeClusters,
  DescribeCustomDomainAssociations: describeCustomDomainAssociations,
  DescribeLoggingStatus: describeLoggingStatus,
  GetClusterCredentials: getClusterCredentials,
  GetClusterCredentialsWithIAM: getClusterCredentialsWithIam,
  ModifyAuthenticationProfile: modifyAuthenticationProfile,
  ModifyCluster: modifyCluster,
  ModifyCustomDomainAssociation: modifyCustomDomainAssociation,
} as const;
