import type { StatementPrincipal } from './document-model.ts';
import { MalformedPolicy, POLICY_PROBLEMS } from './malformed-policy.ts';

/** Rules for single actions, resources and principals of a policy document, at the time it is written. */

const VENDOR = /^[A-Za-z0-9.-]+$/;
const PARTITION = /^aws(?:-[a-z0-9]+)*$/;
const WILDCARD = /[*?]/;

/**
 * Throws `MalformedPolicy` unless `action` is `*` or `service:name`, wildcards in the name only.
 * Source: IAM User Guide, "IAM JSON policy elements: Action".
 */
export function checkAction(action: string): void {
  if (action === '*') return;
  const parts = action.split(':');
  const [vendor = ''] = parts;
  if (parts.length === 1) throw new MalformedPolicy(POLICY_PROBLEMS.vendorMissing, `action \`${action}\``);
  if (parts.length > 2) throw new MalformedPolicy(POLICY_PROBLEMS.oneColon, `action \`${action}\``);
  if (!VENDOR.test(vendor)) {
    throw new MalformedPolicy(`Vendor ${vendor} is not valid`, `action \`${action}\``);
  }
}

/**
 * IAM's sentence for what is wrong with a resource; undefined if nothing is. A resource is `*` or an ARN of
 * six components, or of fewer when it ends in `*`; the service has no wildcards; policy variables stand
 * after the fifth colon only. Source: IAM User Guide, "IAM JSON policy elements: Resource".
 */
export function resourceProblem(resource: string, variables: boolean): string | undefined {
  if (resource === '*') return undefined;
  const [scheme, partition = '', service = '', ...rest] = resource.split(':');
  if (scheme !== 'arn' || !resource.includes(':'))
    return `Resource ${resource} must be in ARN format or "*".`;
  if (!PARTITION.test(partition) && !WILDCARD.test(partition)) {
    const [region = '*', account = '*', ...name] = rest;
    const shown = ['arn', partition, service || '*', region, account, name.join(':') || '*'].join(':');
    return `Partition "${partition}" is not valid for resource "${shown}".`;
  }
  if (!VENDOR.test(service)) return POLICY_PROBLEMS.resourceVendor;
  if (rest.length < 3) return resource.endsWith('*') ? undefined : POLICY_PROBLEMS.legacyParsing;
  const [region = '', account = ''] = rest;
  return variables && `${region}:${account}`.includes('${') ? POLICY_PROBLEMS.legacyParsing : undefined;
}

const AWS_PRINCIPAL = /^(?:\*|\d{12}|arn:aws(?:-[a-z0-9]+)*:(?:iam|sts)::\d{12}:[^*?\s]+|[A-Z0-9]{16,128})$/;
const FEDERATED_PRINCIPAL =
  /^(?:\*|arn:aws(?:-[a-z0-9]+)*:iam::\d{12}:(?:saml|oidc)-provider\/[^*?\s]+|[a-z0-9.-]+)$/;
const SERVICE_PRINCIPAL = /^[a-z0-9.-]+\.amazonaws\.com(?:\.cn)?$/;

const PRINCIPAL_FORMS: ReadonlyMap<string, { kind: StatementPrincipal['kind']; form: RegExp }> = new Map([
  ['AWS', { kind: 'AWS', form: AWS_PRINCIPAL }],
  ['Federated', { kind: 'Federated', form: FEDERATED_PRINCIPAL }],
  ['Service', { kind: 'Service', form: SERVICE_PRINCIPAL }],
]);

/**
 * The principal, which is an account, an ARN or a unique id (`AWS`), a provider (`Federated`) or a service
 * (`Service`); the one wildcard is a whole `*`. Throws `MalformedPolicy` for anything else.
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
export function checkedPrincipal(kind: string, name: string): StatementPrincipal {
  const known = PRINCIPAL_FORMS.get(kind);
  if (known?.form.test(name)) return { kind: known.kind, name };
  throw new MalformedPolicy(`Invalid principal in policy: "${kind}":"${name}"`, `principal \`${name}\``);
}
