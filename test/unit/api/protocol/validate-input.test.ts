import { describe, expect, test } from 'vitest';
import { iamTable, redshiftTable, stsTable } from '../../../../src/api/protocol/services.ts';
import { validateInput } from '../../../../src/api/protocol/validate-input.ts';
import type { ServiceTable } from '../../../../src/api/services/table.ts';
import { refusal } from './refusal.ts';

function check(table: ServiceTable, name: string, input: Record<string, unknown>): void {
  const operation = table.operation(name);
  if (operation === undefined) throw new Error(`no operation ${name}`);
  validateInput(table, operation, input);
}

const iam = (name: string, input: Record<string, unknown>): string =>
  refusal(() => check(iamTable, name, input));
const FAILED = 'failed to satisfy constraint: Member must';

describe('IAM accepts', () => {
  test.each<[string, Record<string, unknown>]>([
    ['CreateUser', { UserName: 'a'.repeat(64) }],
    ['CreateUser', { UserName: 'A.b_c+d=e,f@g-h', Path: '/a/b/' }],
    ['CreateUser', { UserName: 'a', Path: '/' }],
    ['GetUser', {}],
    ['GetUser', { UserName: 'a'.repeat(128) }],
    ['ListUsers', { MaxItems: 1 }],
    ['ListUsers', { MaxItems: 1000 }],
    ['CreateAccountAlias', { AccountAlias: 'abc' }],
    ['CreateAccountAlias', { AccountAlias: 'a-b' }],
    ['UpdateAccessKey', { AccessKeyId: 'A'.repeat(16), Status: 'Inactive' }],
    ['PutUserPolicy', { UserName: 'a', PolicyName: 'p', PolicyDocument: 'x'.repeat(131_072) }],
    ['TagUser', { UserName: 'a', Tags: [{ Key: 'Größe 1', Value: '' }] }],
    ['TagUser', { UserName: 'a', Tags: [] }],
    ['GetAccountSummary', {}],
  ])('%s %j', (name, input) => {
    expect(() => check(iamTable, name, input)).not.toThrow();
  });
});

describe('IAM refuses, with the text of AWS,', () => {
  test('a missing member', () => {
    expect(iam('CreateUser', {})).toBe(
      "ValidationError 400 1 validation error detected: Value null at 'userName' failed to satisfy constraint: Member must not be null",
    );
  });

  test('a string that is one character too long', () => {
    const name = 'a'.repeat(65);
    expect(iam('CreateUser', { UserName: name })).toBe(
      `ValidationError 400 1 validation error detected: Value '${name}' at 'userName' ${FAILED} have length less than or equal to 64`,
    );
  });

  test('an empty string', () => {
    expect(iam('CreateUser', { UserName: '' })).toBe(
      `ValidationError 400 2 validation errors detected: Value '' at 'userName' ${FAILED} have length greater than or equal to 1; ` +
        `Value '' at 'userName' ${FAILED} satisfy regular expression pattern: [\\w+=,.@-]+`,
    );
  });

  test.each(['a b', 'a/b', 'a\n', '\na', 'ä', 'a:b'])(
    'the name %j, which matches the pattern only in part',
    (name) => {
      expect(iam('CreateUser', { UserName: name })).toBe(
        `ValidationError 400 1 validation error detected: Value '${name}' at 'userName' ${FAILED} satisfy regular expression pattern: [\\w+=,.@-]+`,
      );
    },
  );

  test('a value that is none of the listed', () => {
    expect(iam('UpdateAccessKey', { AccessKeyId: 'A'.repeat(16), Status: 'active' })).toBe(
      `ValidationError 400 1 validation error detected: Value 'active' at 'status' ${FAILED} satisfy enum value set: [Active, Inactive, Expired]`,
    );
  });

  test.each([
    [0, 'greater than or equal to 1'],
    [1001, 'less than or equal to 1000'],
  ])('the number %i', (items, text) => {
    expect(iam('ListUsers', { MaxItems: items })).toBe(
      `ValidationError 400 1 validation error detected: Value '${items}' at 'maxItems' ${FAILED} have value ${text}`,
    );
  });

  test('a member of a list of structures', () => {
    expect(iam('TagUser', { UserName: 'a', Tags: [{ Key: 'k', Value: 'v' }, { Value: 'v' }] })).toContain(
      "Value null at 'tags.2.member.key' failed",
    );
  });

  test('an element of a list of strings', () => {
    expect(iam('SimulateCustomPolicy', { PolicyInputList: ['{}'], ActionNames: ['iam:GetUser', 'x'] })).toBe(
      `ValidationError 400 1 validation error detected: Value '[iam:GetUser, x]' at 'actionNames' ${FAILED} satisfy constraint: ` +
        '[Member must have length less than or equal to 128, Member must have length greater than or equal to 3]',
    );
  });

  test('a list that is too long', () => {
    const tags = Array.from({ length: 51 }, (_, n) => ({ Key: `k${n}`, Value: '' }));
    expect(iam('TagUser', { UserName: 'a', Tags: tags })).toContain(
      `at 'tags' ${FAILED} have length less than or equal to 50`,
    );
  });

  test.each(['ab', 'a--b', '-ab', 'ab-', 'Abc', 'a'.repeat(64)])('the account alias %s', (alias) => {
    expect(iam('CreateAccountAlias', { AccountAlias: alias })).toBe(
      'ValidationError 400 The specified value for accountAlias is invalid. It must be a minimum length of 3 ' +
        'characters and maximum length of 63 characters, contain only digits, lowercase letters, and hyphens ' +
        '(-), but cannot begin or end with a hyphen.',
    );
  });

  test('a password, without showing it', () => {
    const message = iam('CreateLoginProfile', { UserName: 'a', Password: 'hunter2'.repeat(20) });
    expect(message).toBe(
      `ValidationError 400 1 validation error detected: Value at 'password' ${FAILED} have length less than or equal to 128`,
    );
    expect(iam('ChangePassword', { OldPassword: '', NewPassword: 'pässwörd\u4e2d' })).not.toContain(
      'pässwörd',
    );
  });

  test('a long document, and shows only its beginning', () => {
    const message = iam('PutUserPolicy', {
      UserName: 'a',
      PolicyName: 'p',
      PolicyDocument: 'x'.repeat(131_073),
    });
    expect(message.length).toBeLessThan(2000);
    expect(message).toContain('less than or equal to 131072');
  });

  test('at most 20 things at once', () => {
    const tags = Array.from({ length: 50 }, () => ({}));
    expect(iam('TagUser', { UserName: 'a', Tags: tags }).split('; ').length).toBeLessThanOrEqual(21);
  });
});

describe('lengths', () => {
  test('count a character outside the basic plane once', () => {
    const key = '𝔸'.repeat(128);
    expect(() =>
      check(iamTable, 'TagUser', { UserName: 'a', Tags: [{ Key: key, Value: '' }] }),
    ).not.toThrow();
    expect(iam('TagUser', { UserName: 'a', Tags: [{ Key: `${key}a`, Value: '' }] })).toContain(
      'equal to 128',
    );
  });
});

describe('patterns', () => {
  test('of every operation of IAM and STS compile', () => {
    for (const table of [iamTable, stsTable]) {
      for (const name of table.operationNames()) expect(table.operation(name)?.name).toBe(name);
    }
  });

  test('take no long time on long values', () => {
    const before = performance.now();
    for (const document of [
      'x'.repeat(131_072),
      `${' '.repeat(131_071)}\u{1f642}`,
      '\u0100'.repeat(131_072),
    ]) {
      refusal(() => check(iamTable, 'PutUserPolicy', { PolicyDocument: document }));
    }
    const path = `/${'a/'.repeat(255)}\u0000`;
    refusal(() => check(iamTable, 'CreateUser', { UserName: 'a', Path: path }));
    refusal(() => check(iamTable, 'ListUsers', { PathPrefix: path }));
    refusal(() =>
      check(iamTable, 'CreateOpenIDConnectProvider', { Url: `https://${'a'.repeat(250)}\u0000` }),
    );
    expect(performance.now() - before).toBeLessThan(5_000);
  });

  test('of an ARN allow characters outside the basic plane, but no control characters', () => {
    const assume = (RoleArn: string) => () =>
      check(stsTable, 'AssumeRole', { RoleArn, RoleSessionName: 'me' });
    expect(assume('arn:aws:iam::1:role/\u{1f642}\u4e2d')).not.toThrow();
    expect(refusal(assume('arn:aws:iam::1:role/\u0001'))).toContain("at 'roleArn' failed");
  });
});

describe('Redshift', () => {
  const redshift = (name: string, input: Record<string, unknown>): string =>
    refusal(() => check(redshiftTable, name, input));

  test('only asks for what is required', () => {
    expect(redshift('GetClusterCredentials', { DbName: 'dev' })).toBe(
      'MissingParameter 400 The request must contain the parameter DbUser.',
    );
  });

  test('asks for it inside structures of lists too', () => {
    expect(redshift('BatchDeleteClusterSnapshots', { Identifiers: [{ SnapshotIdentifier: 'a' }, {}] })).toBe(
      'MissingParameter 400 The request must contain the parameter Identifiers.DeleteClusterSnapshotMessage.2.SnapshotIdentifier.',
    );
  });

  test('leaves the values to its own rules, which come after authorization', () => {
    expect(() =>
      check(redshiftTable, 'GetClusterCredentials', { DbUser: 'IAM:not a name', DurationSeconds: 1 }),
    ).not.toThrow();
  });
});
