import { describe, expect, test } from 'vitest';
import { ALWAYS_REFUSED, FURTHER_PERMISSIONS, NOT_IMPLEMENTED } from '../../../scripts/iam-operations.ts';
import { whyNotInRedshift } from '../../../scripts/redshift-operations.ts';
import {
  iamOperationsPage,
  limitsPage,
  lintPage,
  operationsPage,
  optionsPage,
  redshiftOperationsPage,
  type ServiceOperations,
  systemTablesPage,
} from '../../../scripts/reference-pages.ts';
import { iamActions } from '../../../src/api/actions/iam/index.ts';
import { keyshiftActions } from '../../../src/api/actions/keyshift/index.ts';
import { redshiftActions } from '../../../src/api/actions/redshift/index.ts';
import { redshiftDataActions } from '../../../src/api/actions/redshift-data/index.ts';
import { redshiftServerlessActions } from '../../../src/api/actions/redshift-serverless/index.ts';
import { stsActions } from '../../../src/api/actions/sts/index.ts';
import {
  iamTable,
  keyshiftTable,
  redshiftDataTable,
  redshiftServerlessTable,
  redshiftTable,
  stsTable,
} from '../../../src/api/protocol/services.ts';
import type { ServiceTable } from '../../../src/api/services/table.ts';
import { OPTIONS } from '../../../src/config.ts';
import { LIMITS } from '../../../src/core/limits.ts';
import { LINT_RULES } from '../../../src/policy/lint/lint.ts';
import { SYSTEM_TABLES } from '../../../src/postgres/system-tables.ts';
import { ROOT, readText, readTexts } from '../../tidy/repository.ts';

/** `npm run docs` updates the pages; without it a page that is not what its table says fails here. */

const page = (name: string): string => `${ROOT}docs/reference/${name}.md`;

function service(title: string, table: ServiceTable, actions: object): ServiceOperations {
  const { name, version } = table;
  const implemented = new Set(Object.keys(actions));
  return { title, name, version, operations: [...table.operationNames()], implemented };
}

const SERVICES = [
  service('Amazon Redshift', redshiftTable, redshiftActions),
  service('Amazon Redshift Serverless', redshiftServerlessTable, redshiftServerlessActions),
  service('Amazon Redshift Data API', redshiftDataTable, redshiftDataActions),
  service('AWS Identity and Access Management', iamTable, iamActions),
  service('AWS Security Token Service', stsTable, stsActions),
  service("Keyshift's own", keyshiftTable, keyshiftActions),
];

describe('the reference pages', () => {
  test('of options are those of the option table', async () => {
    const text = optionsPage(OPTIONS);
    for (const { meaning } of OPTIONS) expect(text).toContain(meaning);
    await expect(text).toMatchFileSnapshot(page('options'));
  });

  test('of system tables are those of their files', async () => {
    const text = systemTablesPage(SYSTEM_TABLES);
    for (const { shows } of SYSTEM_TABLES) expect(text).toContain(shows);
    await expect(text).toMatchFileSnapshot(page('system-tables'));
  });

  test('of operations are those of the service tables', async () => {
    const text = operationsPage(SERVICES);
    expect(text).toContain('- GetClusterCredentials\n');
    expect(text).toContain('AcceptReservedNodeExchange');
    await expect(text).toMatchFileSnapshot(page('operations'));
  });

  test('of IAM tell of every operation of the model whether it is there, or why not', async () => {
    const operations = [...iamTable.operationNames()];
    const tagged = new Set(
      operations
        .filter((name) => /^(Create|Upload)/.test(name))
        .filter((name) => iamTable.operation(name)?.input?.members.some((member) => member.name === 'Tags')),
    );
    const text = iamOperationsPage(service('', iamTable, iamActions), tagged);
    for (const name of operations) expect(text).toContain(`\n| ${name} | `);
    await expect(text).toMatchFileSnapshot(page('iam-operations'));
  });

  test('of Redshift have a reason for each operation that is not there', async () => {
    const missing = [...redshiftTable.operationNames()].filter((name) => !(name in redshiftActions));
    expect(missing.filter((name) => whyNotInRedshift(name) === undefined)).toEqual([]);
    expect(missing.length).toBeGreaterThan(0);
    const text = redshiftOperationsPage(service('', redshiftTable, redshiftActions));
    await expect(text).toMatchFileSnapshot(page('redshift-operations'));
  });

  test('of lint tell every rule', async () => {
    const text = lintPage(LINT_RULES);
    for (const { id } of LINT_RULES) expect(text).toContain(`| \`${id}\` | `);
    await expect(text).toMatchFileSnapshot(page('lint'));
  });

  test('of limits name every shared limit with its value', async () => {
    const text = limitsPage(readText('src/core/limits.ts'));
    for (const [name, value] of Object.entries(LIMITS)) {
      expect(text).toContain(`| \`${name}\` | ${value.toLocaleString('en-US')} | `);
    }
    await expect(text).toMatchFileSnapshot(page('limits'));
  });
});

test('every operation of IAM works, or is one of at most 15 with a reason', () => {
  const implemented = new Set(Object.keys(iamActions));
  const operations = [...iamTable.operationNames()];
  expect(operations.filter((name) => implemented.has(name) === NOT_IMPLEMENTED.has(name))).toEqual([]);
  const named = [...NOT_IMPLEMENTED.keys(), ...ALWAYS_REFUSED.keys(), ...FURTHER_PERMISSIONS.keys()];
  expect(named.filter((name) => !operations.includes(name))).toEqual([]);
  expect(NOT_IMPLEMENTED.size).toBeLessThanOrEqual(15);
});

test('every implemented operation is one of its service', () => {
  for (const { operations, implemented } of SERVICES) {
    expect([...implemented].filter((name) => !operations.includes(name))).toEqual([]);
  }
});

test('every operation asks for the permission of its own name, as the page says', () => {
  const source = [...readTexts('src/api/actions', '.ts').values()].join('\n');
  const free = new Set([
    'sts:GetCallerIdentity',
    'sts:GetSessionToken',
    'redshift:GetClusterCredentials',
    'redshift-data:GetStatementResultV2',
  ]);
  const silent = SERVICES.flatMap(({ name, implemented }) =>
    [...implemented]
      .filter((operation) => !free.has(`${name}:${operation}`))
      .filter((operation) => !source.includes(`'${name}:${operation}'`))
      .filter((operation) => !new RegExp(`on[A-Z]\\w+\\(\\s*'${operation}'`).test(source))
      .map((operation) => `${name}:${operation}`),
  );
  expect(silent).toEqual([]);
});
