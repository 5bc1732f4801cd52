import { getCredentials } from './get-credentials.ts';
import { getNamespace, getWorkgroup, listNamespaces, listWorkgroups } from './workgroups.ts';

/** The operations of Redshift Serverless that are implemented, by name. */
export const redshiftServerlessActions = {
  GetCredentials: getCredentials,
  GetNamespace: getNamespace,
  GetWorkgroup: getWorkgroup,
  ListNamespaces: listNamespaces,
  ListWorkgroups: listWorkgroups,
} as const;
