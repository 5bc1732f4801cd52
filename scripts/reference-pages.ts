import type { Option } from '../src/config.ts';
import type { LintRule } from '../src/policy/lint/finding.ts';
import type { SystemTable } from '../src/postgres/system-tables.ts';
import { ALWAYS_REFUSED, FURTHER_PERMISSIONS, NOT_IMPLEMENTED } from './iam-operations.ts';
import { whyNotInRedshift } from './redshift-operations.ts';

/**
 * The pages of docs/reference, printed from the tables that the program itself goes by. `npm run docs` writes them;
 * a test fails while a page differs from its table.
 */

const PRINTED = '<!-- Printed from the source by `npm run docs`. Do not edit. -->';

export function optionsPage(options: readonly Option[]): string {
  const rows = options.map(({ env, flag, kind, default: value, meaning }) => [
    env === undefined ? '' : code(env),
    flag === undefined ? '' : code(flag),
    value === '' ? (kind === 'flag' ? 'off' : '') : code(value),
    meaning,
  ]);
  return page(
    'Options',
    [
      'Settings of `keyshift start`. A flag wins over the environment, which wins over the default. Secrets have no ' +
        'flag, because a command line is no secret. The commands that call a running Keyshift, such as `keyshift audit`, read only `KEYSHIFT_DATA_DIR` and `KEYSHIFT_ENV_FILE`.',
      'An option that is off is turned on by its flag, or by `1`, `true`, `yes` or `on` in the environment.',
    ],
    table(['Environment', 'Flag', 'Default', 'Meaning'], rows),
  );
}

export interface ServiceOperations {
  readonly title: string;
  /** As in ARNs of actions: `iam`, `sts`, `redshift`, `keyshift`. */
  readonly name: string;
  readonly version: string;
  readonly operations: readonly string[];
  readonly implemented: ReadonlySet<string>;
}

export function operationsPage(services: readonly ServiceOperations[]): string {
  const sections = services.map(({ title, name, version, operations, implemented }) => {
    const sorted = [...operations].sort();
    const present = sorted.filter((operation) => implemented.has(operation));
    const absent = sorted.filter((operation) => !implemented.has(operation));
    const lines = [
      `## ${title}`,
      '',
      `Service name in signatures and actions: \`${name}\`. Version: \`${version}\`. ` +
        `${present.length} of ${sorted.length} operations.`,
      '',
      ...present.map((operation) => `- ${operation}`),
    ];
    if (absent.length > 0) {
      lines.push(
        '',
        '<details><summary>Not implemented: each answers <code>InvalidAction</code> (400)</summary>',
        '',
      );
      lines.push(`${absent.join(', ')}.`, '', '</details>');
    }
    return lines.join('\n');
  });
  return page(
    'Operations',
    [
      'What the API answers, on one HTTP port and one HTTPS port, in the AWS query protocol; Redshift Serverless and the Redshift Data API in ' +
        'JSON 1.1, where what is not implemented answers `UnknownOperationException`. An operation needs the ' +
        'permission of its own name, such as `iam:CreateUser`. Six things differ: `sts:GetCallerIdentity` and `sts:GetSessionToken` need ' +
        'none; `sts:AssumeRole` is decided by the trust policy of the role too, see [roles](../guides/roles.md); creating with tags also needs the tag permission, such as `iam:TagUser`; `redshift:GetClusterCredentials` ' +
        'is decided on several pairs, see [policies for logins](../guides/policies-for-logins.md); what the Data API runs also needs the permission to get the credentials, and ' +
        '`GetStatementResultV2` that of `GetStatementResult`, see [the Data API](../guides/data-api.md). ' +
        'Of [IAM](iam-operations.md) and of [Redshift](redshift-operations.md) other pages say why some operations are not there.',
    ],
    sections.join('\n\n'),
  );
}

/** `tagged` are the operations that may come with tags. */
export function iamOperationsPage(service: ServiceOperations, tagged: ReadonlySet<string>): string {
  const rows = [...service.operations].sort().map((operation) => {
    const reason = NOT_IMPLEMENTED.get(operation);
    if (reason !== undefined) return [operation, `no: ${reason}`, ''];
    const refusal = ALWAYS_REFUSED.get(operation);
    const own = code(`iam:${operation}`);
    const further = FURTHER_PERMISSIONS.get(operation);
    const tags = tagged.has(operation) ? 'with tags also that for tagging' : undefined;
    const needed = [own, further, tags].filter((part) => part !== undefined).join('; ');
    return [operation, refusal === undefined ? 'yes' : `always ${refusal}`, needed];
  });
  return page(
    'IAM, operation by operation',
    [
      `Each of the ${service.operations.length} operations of IAM's model: whether it is answered, or why not ` +
        '(it then answers `InvalidAction`, 400), and the permission that a caller needs. The root user needs none.',
    ],
    table(['Operation', 'Answered', 'Permission'], rows),
  );
}

export function redshiftOperationsPage(service: ServiceOperations): string {
  const rows = [...service.operations].sort().map((operation) => {
    if (service.implemented.has(operation)) return [operation, 'yes'];
    return [operation, `no: ${whyNotInRedshift(operation)}`];
  });
  return page(
    'Redshift, operation by operation',
    [
      `Each of the ${service.operations.length} operations of Redshift's model: whether it is answered, or why not ` +
        '(it then answers `InvalidAction`, 400). [Differences](../differences.md) tells how those that are answered differ.',
    ],
    table(['Operation', 'Answered'], rows),
  );
}

export function systemTablesPage(tables: readonly SystemTable[]): string {
  const rows = tables.map(({ name, shows, visible }) => [code(name.toUpperCase()), shows, sentence(visible)]);
  return page(
    'System tables of Redshift',
    [
      `The ${tables.length} system tables that every database of an embedded cluster has, as views in \`pg_catalog\`; ` +
        "[the guide](../guides/system-tables.md) tells more. Their columns are those of Amazon's documentation.",
      '*Own rows* of a session are those of its database user; superusers see all rows.',
    ],
    table(['Table', 'What its rows are', 'Visible'], rows),
  );
}

const sentence = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function lintPage(rules: readonly LintRule[]): string {
  return page(
    'Findings of the policy linter',
    [
      'What `keyshift policy lint` and the operation `LintPolicy` may say of a policy, see ' +
        '[checking a policy before it is attached](../guides/check-a-policy.md). None of it keeps a policy from being stored.',
      '`danger`: gives away more than anybody is likely to mean. `warning`: does something else than it looks like. ' +
        '`note`: worth knowing.',
    ],
    table(
      ['Finding', 'Severity', 'What it means', 'What to do'],
      rules.map(({ id, severity, meaning, fix }) => [code(id), severity, meaning, fix]),
    ),
  );
}

/** `source` is the text of core/limits.ts: each limit with the comment before it, which may speak for several. */
export function limitsPage(source: string): string {
  const rows: string[][] = [];
  let reason = '';
  for (const match of source.matchAll(/^ {2}(?:\/\*\* (.*) \*\/|(\w+): ([^,]+),)$/gm)) {
    const [, comment, name, value = ''] = match;
    if (comment !== undefined) reason = comment;
    if (name !== undefined) rows.push([code(name), grouped(value), reason]);
  }
  return page(
    'Limits',
    [
      'Limits that hold in more than one place of the program. They are constants: none can be set, except ' +
        '`signatureWindowMinutes`, whose default this is. Limits of one file only stand at the top of that file.',
    ],
    table(['Name', 'Value', 'Unit and reason'], rows),
  );
}

function grouped(value: string): string {
  const product = value
    .replaceAll('_', '')
    .split('*')
    .reduce((whole, factor) => whole * Number(factor), 1);
  return product.toLocaleString('en-US');
}

function page(title: string, introduction: readonly string[], body: string): string {
  return `${[PRINTED, `# ${title}`, ...introduction, body].join('\n\n')}\n`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
