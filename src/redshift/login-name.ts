/**
 * The user name that a temporary login presents: `IAM:user`, `IAMA:user` with auto-create, and `:g1,g2`
 * behind it when the credential names groups. User and group names hold neither a colon nor a comma.
 */
export interface LoginName {
  readonly dbUser: string;
  readonly groups: readonly string[];
  readonly autoCreate: boolean;
}

const PREFIX = { plain: 'IAM', autoCreate: 'IAMA' } as const;

/** Whether a startup user name claims to be a temporary login. Says nothing about whether it is one. */
export function isTemporaryLoginName(name: string): boolean {
  return /^IAM[AR]?:/.test(name);
}

export function formatLoginName(login: LoginName): string {
  const prefix = login.autoCreate ? PREFIX.autoCreate : PREFIX.plain;
  const groups = login.groups.length === 0 ? '' : `:${login.groups.join(',')}`;
  return `${prefix}:${login.dbUser}${groups}`;
}

/** Takes a login name apart. Only for a name whose credential is verified: until then its text proves nothing. */
export function parseLoginName(name: string): LoginName | undefined {
  const [prefix, dbUser, groups, ...rest] = name.split(':');
  if (prefix !== PREFIX.plain && prefix !== PREFIX.autoCreate) return undefined;
  if (dbUser === undefined || dbUser === '' || rest.length > 0 || groups === '') return undefined;
  return {
    dbUser,
    groups: groups === undefined ? [] : groups.split(','),
    autoCreate: prefix === PREFIX.autoCreate,
  };
}
