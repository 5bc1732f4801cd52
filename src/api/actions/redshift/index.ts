import {
  createAuthenticationProfile,
  deleteAuthenticationProfile,
  describeAuthenticationProfiles,
  modifyAuthenticationProfile,
} from './authentication-profiles.ts';
import { modifyClusterIamRoles, pauseCluster, rebootCluster, resumeCluster } from './cluster-lifecycle.ts';
import { createCluster, deleteCluster, describeClusters, modifyCluster } from './clusters.ts';
import {
  createCustomDomainAssociation,
  deleteCustomDomainAssociation,
  describeCustomDomainAssociations,
  modifyCustomDomainAssociation,
} from './custom-domains.ts';
import { describeEvents } from './events.ts';
import { getClusterCredentials } from './get-cluster-credentials.ts';
import { getClusterCredentialsWithIam } from './get-cluster-credentials-with-iam.ts';
import { describeLoggingStatus, disableLogging, enableLogging } from './logging.ts';
import {
  describeClusterTracks,
  describeClusterVersions,
  describeNodeConfigurationOptions,
  describeOrderableClusterOptions,
} from './offers.ts';
import {
  createClusterParameterGroup,
  deleteClusterParameterGroup,
  describeClusterParameterGroups,
  describeClusterParameters,
  describeDefaultClusterParameters,
  modifyClusterParameterGroup,
  resetClusterParameterGroup,
} from './parameter-groups.ts';
import {
  createClusterSecurityGroup,
  deleteClusterSecurityGroup,
  describeClusterSecurityGroups,
} from './security-groups.ts';
import {
  createClusterSubnetGroup,
  deleteClusterSubnetGroup,
  describeClusterSubnetGroups,
  modifyClusterSubnetGroup,
} from './subnet-groups.ts';
import { createTags, deleteTags, describeTags } from './tags.ts';

/** The operations of Redshift that are implemented, by name. All others answer InvalidAction. */
export const redshiftActions = {
  CreateAuthenticationProfile: createAuthenticationProfile,
  CreateCluster: createCluster,
  CreateClusterParameterGroup: createClusterParameterGroup,
  CreateClusterSecurityGroup: createClusterSecurityGroup,
  CreateClusterSubnetGroup: createClusterSubnetGroup,
  CreateCustomDomainAssociation: createCustomDomainAssociation,
  CreateTags: createTags,
  DeleteAuthenticationProfile: deleteAuthenticationProfile,
  DeleteCluster: deleteCluster,
  DeleteClusterParameterGroup: deleteClusterParameterGroup,
  DeleteClusterSecurityGroup: deleteClusterSecurityGroup,
  DeleteClusterSubnetGroup: deleteClusterSubnetGroup,
  DeleteCustomDomainAssociation: deleteCustomDomainAssociation,
  DeleteTags: deleteTags,
  DescribeAuthenticationProfiles: describeAuthenticationProfiles,
  DescribeClusterParameterGroups: describeClusterParameterGroups,
  DescribeClusterParameters: describeClusterParameters,
  DescribeClusterSecurityGroups: describeClusterSecurityGroups,
  DescribeClusterSubnetGroups: describeClusterSubnetGroups,
  DescribeClusterTracks: describeClusterTracks,
  DescribeClusterVersions: describeClusterVersions,
  DescribeClusters: describeClusters,
  DescribeCustomDomainAssociations: describeCustomDomainAssociations,
  DescribeDefaultClusterParameters: describeDefaultClusterParameters,
  DescribeEvents: describeEvents,
  DescribeLoggingStatus: describeLoggingStatus,
  DisableLogging: disableLogging,
  EnableLogging: enableLogging,
  DescribeNodeConfigurationOptions: describeNodeConfigurationOptions,
  DescribeOrderableClusterOptions: describeOrderableClusterOptions,
  DescribeTags: describeTags,
  GetClusterCredentials: getClusterCredentials,
  GetClusterCredentialsWithIAM: getClusterCredentialsWithIam,
  ModifyAuthenticationProfile: modifyAuthenticationProfile,
  ModifyCluster: modifyCluster,
  ModifyClusterIamRoles: modifyClusterIamRoles,
  ModifyClusterParameterGroup: modifyClusterParameterGroup,
  ModifyClusterSubnetGroup: modifyClusterSubnetGroup,
  ModifyCustomDomainAssociation: modifyCustomDomainAssociation,
  PauseCluster: pauseCluster,
  RebootCluster: rebootCluster,
  ResetClusterParameterGroup: resetClusterParameterGroup,
  ResumeCluster: resumeCluster,
} as const;
