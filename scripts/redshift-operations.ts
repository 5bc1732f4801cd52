/**
 * Why an operation of Redshift is not there. docs/reference/redshift-operations.md is printed from it, and a test holds
 * it against the service's model.
 */

/** Reasons, each with the names that it is for. A name has the first reason that fits. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /Snapshot|TableRestore|RestoreTable/,
    'There are no snapshots: back up the data folder, or use `pg_dump`.',
  ],
  [/DataShare/, 'There are no data shares: use `postgres_fdw` between servers.'],
  [
    /Hsm|RotateEncryptionKey/,
    'There are no hardware security modules and no encryption of its own: encrypt the disk.',
  ],
  [/ReservedNode/, 'Nothing is bought here.'],
  [
    /Resize|FailoverPrimaryCompute/,
    'A cluster is one server, which is not resized or failed over by Keyshift.',
  ],
  [/EndpointA/, 'There is no private network to make endpoints in.'],
  [/SecurityGroupIngress/, 'Nothing would follow the rules: use the firewall of the machine.'],
  [/Integration/, 'There is no zero-ETL integration with other services.'],
  [/IdcApplication|IdentityCenter/, 'There is no IAM Identity Center.'],
  [/Partner/, 'There is no marketplace of partners.'],
  [
    /EventSubscription|EventCategories/,
    'There is no SNS to send events to: `DescribeEvents` and the audit log tell them.',
  ],
  [/ScheduledAction/, 'Nothing is scheduled: call PauseCluster and ResumeCluster from cron.'],
  [/UsageLimit/, 'Spectrum and concurrency scaling, which are limited, are not here.'],
  [
    /ResourcePolicy|Namespace/,
    'Resource policies and registered namespaces are for data shares, which are not here.',
  ],
  [/ClusterDbRevision/, 'A cluster has no revisions of its software to move between: upgrade Keyshift.'],
  [/ClusterMaintenance/, 'Nothing is done to a cluster in its maintenance window.'],
  [/AquaConfiguration/, 'There is no AQUA, which is hardware of Amazon.'],
  [/Lakehouse/, 'There is no AWS Glue catalog to register a cluster in.'],
  [/DescribeStorage/, 'It counts the storage of snapshots, of which there are none.'],
  [/ListRecommendations/, 'There is no Redshift Advisor.'],
  [
    /AccountAttributes/,
    'It tells limits that AWS sets for an account: those of Keyshift are in [limits](limits.md).',
  ],
];

/** The reason, or undefined for a name that none is for. */
export function whyNotInRedshift(operation: string): string | undefined {
  return REASONS.find(([names]) => names.test(operation))?.[1];
}
