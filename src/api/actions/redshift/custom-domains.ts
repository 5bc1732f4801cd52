import {
  customDomainExists,
  customDomainNotFound,
  invalidParameterValue,
  quotaExceeded,
} from '../../../redshift/errors.ts';
import type { Resource } from '../../../redshift/resources.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/redshift.generated.ts';
import type { RedshiftDeps } from './deps.ts';
import { requireCluster } from './named-cluster.ts';
import { onePage } from './pages.ts';
import { onCluster, onEverything } from './permissions.ts';

/**
 * Names of one's own for a cluster. Drivers that connect to a host that is not Amazon's ask for its association
 * first, and go by the cluster identifier when there is none: so nothing found is always an error, never an empty list.
 */

type Domain = Resource<'custom-domain'>;

/** Labels of letters, digits and hyphens, two at least (RFC 1123 section 2.1); 253 characters in all. */
const HOST_NAME =
  /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const CERTIFICATE_ARN = /^arn:[\w-]+:acm:[\w-]+:\d{12}:certificate\/[\w-]{1,64}$/;
/** Of an account. */
const DOMAINS_MAX = 50;
/** Of all accounts: each is a name in the gateway's one certificate, which goes through every handshake. */
const DOMAINS_OF_ALL_MAX = 500;

export const createCustomDomainAssociation: Action<
  RedshiftDeps,
  wire.CreateCustomDomainAssociationMessage,
  wire.CreateCustomDomainAssociationResult
> = {
  permissions: (deps, input, caller) =>
    onCluster('CreateCustomDomainAssociation', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const name = requireHostName(input.CustomDomainName);
    const certificateArn = requireCertificateArn(input.CustomDomainCertificateArn);
    const { accountId } = caller.principal;
    const cluster = await requireCluster(deps, caller, input.ClusterIdentifier);
    const others = await deps.resources.list(accountId, 'custom-domain');
    if (others.some(({ content }) => content.clusterIdentifier === cluster.identifier)) {
      throw customDomainExists();
    }
    const content = { clusterIdentifier: cluster.identifier, certificateArn };
    const domain = await deps.resources.insert(accountId, 'custom-domain', name, content, {
      exists: customDomainExists,
      max: DOMAINS_MAX,
      maxOfAll: DOMAINS_OF_ALL_MAX,
      tooMany: () => quotaExceeded('CustomCnameAssociationFault', DOMAINS_MAX, 'custom domain names'),
    });
    await deps.servers.answerTo(name);
    return toWire(domain);
  },
  changes: false,
};

export const describeCustomDomainAssociations: Action<
  RedshiftDeps,
  wire.DescribeCustomDomainAssociationsMessage,
  wire.CustomDomainAssociationsMessage
> = {
  permissions: onEverything('DescribeCustomDomainAssociations'),
  run: async (deps, input, caller) => {
    const { CustomDomainName: name, CustomDomainCertificateArn: certificate } = input;
    const all = await deps.resources.list(caller.principal.accountId, 'custom-domain');
    const found = all.filter(
      (domain) =>
        // An empty name, as ODBC sends it without a host, is nobody's.
        (name === undefined || domain.name === name.toLowerCase()) &&
        (certificate === undefined || domain.content.certificateArn === certificate),
    );
    if (found.length === 0) throw customDomainNotFound();
    const page = onePage(found, input, (domain) => domain.name);
    return { Associations: byCertificate(page.items), ...page.next };
  },
  changes: false,
};

export const modifyCustomDomainAssociation: Action<
  RedshiftDeps,
  wire.ModifyCustomDomainAssociationMessage,
  wire.ModifyCustomDomainAssociationResult
> = {
  permissions: (deps, input, caller) =>
    onCluster('ModifyCustomDomainAssociation', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const certificateArn = requireCertificateArn(input.CustomDomainCertificateArn);
    const { name } = await requireDomain(deps, caller, input);
    const { accountId } = caller.principal;
    const changed = await deps.resources.update(accountId, 'custom-domain', name, (content) => ({
      ...content,
      certificateArn,
    }));
    if (changed === undefined) throw customDomainNotFound();
    return toWire(changed);
  },
  changes: false,
};

export const deleteCustomDomainAssociation: Action<
  RedshiftDeps,
  wire.DeleteCustomDomainAssociationMessage,
  void
> = {
  permissions: (deps, input, caller) =>
    onCluster('DeleteCustomDomainAssociation', deps, caller, input.ClusterIdentifier),
  run: async (deps, input, caller) => {
    const { name } = await requireDomain(deps, caller, input);
    await deps.resources.remove(caller.principal.accountId, 'custom-domain', name);
  },
  changes: false,
};

async function requireDomain(
  deps: RedshiftDeps,
  caller: Caller,
  input: { readonly ClusterIdentifier: string; readonly CustomDomainName: string },
): Promise<Domain> {
  const { accountId } = caller.principal;
  await requireCluster(deps, caller, input.ClusterIdentifier);
  const name = input.CustomDomainName.toLowerCase();
  const domain = await deps.resources.find(accountId, 'custom-domain', name);
  if (domain?.content.clusterIdentifier !== input.ClusterIdentifier) throw customDomainNotFound();
  return domain;
}

function requireHostName(name: string): string {
  const lower = name.toLowerCase();
  if (HOST_NAME.test(lower)) return lower;
  throw invalidParameterValue(
    'CustomDomainName must be a host name of at most 253 characters with at least two parts.',
  );
}

function requireCertificateArn(arn: string): string {
  if (CERTIFICATE_ARN.test(arn)) return arn;
  throw invalidParameterValue('CustomDomainCertificateArn must be the ARN of a certificate of ACM.');
}

function toWire({ name, content }: Domain) {
  return {
    CustomDomainName: name,
    CustomDomainCertificateArn: content.certificateArn,
    ClusterIdentifier: content.clusterIdentifier,
  };
}

function byCertificate(domains: readonly Domain[]): wire.Association[] {
  const groups = new Map<string, wire.CertificateAssociation[]>();
  for (const { name, content } of domains) {
    const group = groups.get(content.certificateArn) ?? [];
    groups.set(content.certificateArn, group);
    group.push({ CustomDomainName: name, ClusterIdentifier: content.clusterIdentifier });
  }
  return [...groups].map(([certificate, associations]) => ({
    CustomDomainCertificateArn: certificate,
    CertificateAssociations: associations,
  }));
}
