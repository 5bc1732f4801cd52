import {
  createCluster,
  deleteCluster,
  describeClusters,
  describeCustomDomainAssociations,
  describeLoggingStatus,
  modifyCluster,
} from './clusters.ts';
import { getClusterCredentials } from './get-cluster-credentials.ts';

/** The operations of Redshift that are implemented, by name. All others answer InvalidAction. */
export const redshiftActions = {
  CreateCluster: createCluster,
  DeleteCluster: deleteCluster,
  DescribeClusters: describeClusters,
  DescribeCustomDomainAssociations: describeCustomDomainAssociations,
  DescribeLoggingStatus: describeLoggingStatus,
  GetClusterCredentials: getClusterCredentials,
  ModifyCluster: modifyCluster,
} as const;
