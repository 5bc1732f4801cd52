import { isIamUserName } from '../core/names.ts';

/**
 * The name of the database user who stands for a caller, by the caller's ARN: `IAM:name` for an IAM user,
 * `IAMR:role` for every session of a role, `IAM:RootIdentity` for the root user. Undefined for a name that no
 * database user can have, and for a federated user: whoever may federate chooses its name, which may be a user's.
 * Source: Amazon Redshift Management Guide, "Using the Data API", authorization; API
 * reference, GetClusterCredentialsWithIAM ("a 1:1 mapping").
 */
export function iamUserName(principalArn: string): string | undefined {
  const resource = principalArn.split(':').slice(5).join(':');
  const [kind = '', ...path] = resource.split('/');
  const name = nameOf(kind, path);
  return name !== undefined && isIamUserName(name) ? name : undefined;
}

function nameOf(kind: string, path: readonly string[]): string | undefined {
  switch (kind) {
    case 'root':
      return 'IAM:RootIdentity';
    case 'user':
      return `IAM:${path.at(-1)}`;
    case 'assumed-role':
      // The role, whatever its session is called.
      return `IAMR:${path[0]}`;
    default:
      return undefined;
  }
}
