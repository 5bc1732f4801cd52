/** A managed policy: the customer's own, or one that AWS manages and every account has. */
export interface ManagedPolicy {
  readonly scope: 'AWS' | 'Local';
  readonly id: string;
  readonly name: string;
  readonly path: string;
  readonly arn: string;
  readonly description: string | undefined;
  /** The number of the version in force, without its `v`. */
  readonly defaultVersion: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
