/** Amazon Resource Names that Keyshift writes. Source: IAM User Guide, "IAM ARNs"; Redshift authorization reference. */

export const rootArn = (accountId: string): string => `arn:aws:iam::${accountId}:root`;

/** `path` starts and ends with `/`. */
export const userArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:user${path}${name}`;

export const groupArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:group${path}${name}`;

export const roleArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:role${path}${name}`;

/** Without the path of the role, as AWS writes it. */
export const assumedRoleArn = (accountId: string, roleName: string, sessionName: string): string =>
  `arn:aws:sts::${accountId}:assumed-role/${roleName}/${sessionName}`;

/** The serial number of a virtual MFA device. */
export const mfaArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:mfa${path}${name}`;

export const federatedUserArn = (accountId: string, name: string): string =>
  `arn:aws:sts::${accountId}:federated-user/${name}`;

/** `accountId` is `aws` for the policies that AWS manages. */
export const policyArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:policy${path}${name}`;

export const samlProviderArn = (accountId: string, name: string): string =>
  `arn:aws:iam::${accountId}:saml-provider/${name}`;

/** `url` is without its scheme. */
export const oidcProviderArn = (accountId: string, url: string): string =>
  `arn:aws:iam::${accountId}:oidc-provider/${url}`;

export const instanceProfileArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:instance-profile${path}${name}`;

export const serverCertificateArn = (accountId: string, path: string, name: string): string =>
  `arn:aws:iam::${accountId}:server-certificate${path}${name}`;

export type RedshiftResource =
  | 'cluster'
  | 'dbuser'
  | 'dbname'
  | 'dbgroup'
  | 'parametergroup'
  | 'securitygroup'
  | 'subnetgroup';

/** `resource` is the cluster identifier, or `<cluster>/<name>` for users, databases and groups. */
export const redshiftArn = (
  region: string,
  accountId: string,
  kind: RedshiftResource,
  resource: string,
): string => `arn:aws:redshift:${region}:${accountId}:${kind}:${resource}`;
