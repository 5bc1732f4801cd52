import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiServices } from '../../src/api-services.ts';
import type { Endpoint } from '../../src/client/call.ts';
import {
  ask,
  askJson,
  makeUser,
  must,
  type Parameters,
  plain,
  type Received,
  send,
  signed,
} from '../walk/support/api.ts';
import { Keyshift } from '../walk/support/keyshift.ts';
import { logIn } from '../walk/support/logins.ts';
import { loginFor } from '../walk/support/servers.ts';
import { allow, enableDevice, makeRole, trust } from '../walk/support/sessions.ts';

// Holes that others had behind their APIs, one test for each by its number, tried on a real server. Those of the
// gateway's wire are in gateway-cves.test.ts.

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess';
const ACCOUNT = '123456789012';

let keyshift: Keyshift;
let root: Endpoint;

beforeAll(async () => {
  keyshift = await Keyshift.start();
  root = keyshift.root;
});
afterAll(async () => {
  expect(keyshift.output).not.toContain('a request failed');
  await keyshift.close();
});

const outcome = ({ status, code }: Received): string => `${status} ${code}`;

describe('names in several forms', () => {
  test('CVE-2025-5999 (Vault), CVE-2025-54996 and CVE-2025-64761 (OpenBao): no spelling of a policy’s name gets past a denial of it', async () => {
    const attacker = await makeUser(root, 'attacher', {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action: 'iam:AttachUserPolicy', Resource: '*' },
        {
          Effect: 'Deny',
          Action: 'iam:AttachUserPolicy',
          Resource: '*',
          Condition: { ArnEquals: { 'iam:PolicyARN': ADMINISTRATOR } },
        },
      ],
    });
    const spellings = [
      ADMINISTRATOR,
      ADMINISTRATOR.toLowerCase(),
      ADMINISTRATOR.replace('Administrator', 'ADMINISTRATOR'),
      ADMINISTRATOR.replace('policy/', 'policy//'),
      ADMINISTRATOR.replace('policy/', 'policy/./'),
      ADMINISTRATOR.replace('policy/', 'Policy/'),
      ADMINISTRATOR.replace('::aws', `::${ACCOUNT}`),
      `${ADMINISTRATOR} `,
      ` ${ADMINISTRATOR}`,
      `${ADMINISTRATOR}\u0000`,
      ADMINISTRATOR.replace('A', '\uff21'),
    ];
    for (const PolicyArn of spellings) {
      const answer = await ask(attacker, 'iam', 'AttachUserPolicy', { UserName: 'attacher', PolicyArn });
      expect(answer.status, PolicyArn).toBeGreaterThanOrEqual(400);
    }
    const attached = await must(root, 'iam', 'ListAttachedUserPolicies', { UserName: 'attacher' });
    expect(attached.texts('PolicyName')).toEqual([]);
  });

  test('GHSA-59w7-v8rr-pr4p (OpenBao): no user can have a name that acts as a pattern', async () => {
    for (const UserName of ['*', 'a*', 'a?', '\u0024{aws:username}', 'a/b', 'a:b', 'a b', '.*', '']) {
      expect(outcome(await ask(root, 'iam', 'CreateUser', { UserName })), UserName).toBe(
        '400 ValidationError',
      );
    }
  });

  test('CVE-2026-3605 (Vault): no form of a path reaches an operation', async () => {
    const call = signed(root, 'sts', { Action: 'GetCallerIdentity' });
    for (const path of [
      '/..',
      '/../',
      '/./',
      '//',
      '/x/..',
      '/%2e%2e',
      '/%2E%2E/',
      '/;/',
      '/..;/',
      '/\\',
      '/%00',
    ]) {
      expect((await send(root, { ...call, path })).status, path).toBeGreaterThanOrEqual(400);
    }
  });
});

describe('a code of a second factor', () => {
  test('CVE-2025-6014 and CVE-2025-6015 (Vault): is good once, in one form, and not without end', async () => {
    const ann = await makeUser(root, 'ann', allow('sts:AssumeRole'));
    const device = await enableDevice(root, 'ann');
    const who = `arn:aws:iam::${ACCOUNT}:user/ann`;
    const RoleArn = await makeRole(root, 'guarded', trust({ AWS: who }));
    const call = { RoleArn, RoleSessionName: 'ann', SerialNumber: device.serial };
    const withCode = (TokenCode: string) => ask(ann, 'sts', 'AssumeRole', { ...call, TokenCode });
    const code = device.code();
    for (const form of [
      `${code} `,
      ` ${code}`,
      `${code.slice(0, 3)} ${code.slice(3)}`,
      `0${code}`,
      `${code}\n`,
      `+${code}`,
    ])
      expect(outcome(await withCode(form)), JSON.stringify(form)).toBe('400 ValidationError');
    expect((await withCode(code)).status).toBe(200);
    for (const again of [code, code]) expect(outcome(await withCode(again))).toBe('403 AccessDenied');
    const texts = new Set<string>();
    for (let n = 0; n < 30; n++) texts.add((await withCode(String(n).padStart(6, '0'))).message);
    // Guesses are counted, and then none is looked at: the right code of the next step is refused as well.
    expect(outcome(await withCode(device.code()))).toBe('403 AccessDenied');
    expect(texts.size).toBeLessThanOrEqual(2);
  });
});

describe('a small input', () => {
  test('CVE-2025-6203 (Vault), CVE-2025-59043 (OpenBao): that is nested deeply costs nothing', async () => {
    const began = performance.now();
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['{"Statement":[', ']}'],
    ] as const) {
      const PolicyDocument = `${open.repeat(6_000)}1${close.repeat(6_000)}`;
      const answer = await ask(root, 'iam', 'PutUserPolicy', {
        UserName: 'ann',
        PolicyName: 'deep',
        PolicyDocument,
      });
      expect(answer.status).toBe(400);
      expect(['MalformedPolicyDocument', 'ValidationError', 'LimitExceeded']).toContain(answer.code);
    }
    const nested = JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) as unknown;
    for (const input of [nested, { Sql: nested }, { Parameters: nested }]) {
      const answer = await askJson(root, 'redshift-data', 'RedshiftData', 'ExecuteStatement', input);
      expect(answer.status).toBe(400);
    }
    expect(performance.now() - began).toBeLessThan(20_000);
    expect((await fetch(new URL('/health', root.url))).status).toBe(200);
  });
});

describe('without a permission', () => {
  test('CVE-2026-5807 and CVE-2025-4656 (Vault): nothing that changes anything is there for who has not signed', async () => {
    for (const service of ['iam', 'sts', 'redshift', 'keyshift'] as const) {
      const table = apiServices().find((one) => one.table.name === service);
      expect(table?.actions.size, service).toBeGreaterThan(4);
      for (const Action of table?.actions.keys() ?? []) {
        const answer = await send(root, plain(root, service, { Action }));
        expect([Action, answer.code]).toEqual([Action, 'MissingAuthenticationToken']);
      }
    }
    for (const method of ['POST', 'PUT', 'DELETE']) {
      for (const path of ['/metrics', '/sys/seal', '/v1/sys/rekey/init', '/reload'])
        expect(
          (await fetch(new URL(path, root.url), { method })).status,
          `${method} ${path}`,
        ).toBeGreaterThanOrEqual(400);
    }
  });

  test('CVE-2026-45808 and CVE-2026-40264 (OpenBao): an id that was seen elsewhere opens nothing', async () => {
    const nobody = await makeUser(root, 'curious');
    const client = await logIn(keyshift, await loginFor(keyshift));
    const [seen = ''] = (await must(root, 'keyshift', 'ListSessions')).texts('member');
    const { sessionId, credentialId } = JSON.parse(seen) as { sessionId: string; credentialId: string };
    const calls: readonly [string, Parameters][] = [
      ['KillSession', { SessionId: sessionId }],
      ['RevokeAccess', { CredentialId: credentialId }],
      ['ListSessions', {}],
      ['ListRevocations', {}],
      ['ExplainDecision', { RequestId: crypto.randomUUID() }],
    ];
    for (const [operation, parameters] of calls)
      expect([operation, (await ask(nobody, 'keyshift', operation, parameters)).code]).toEqual([
        operation,
        'AccessDenied',
      ]);
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });

  test('CVE-2026-46405 and GHSA-rh46-vc3j-w2w3 (OpenBao): a refusal gives nothing, and only listed operations can be called', async () => {
    const nobody = await makeUser(root, 'empty_handed');
    const refused = await ask(nobody, 'redshift', 'GetClusterCredentials', {
      ClusterIdentifier: 'examplecluster',
      DbUser: 'temp_creds_user',
    });
    expect(outcome(refused)).toBe('403 AccessDenied');
    for (const element of ['DbPassword', 'DbUser', 'SecretAccessKey', 'SessionToken']) {
      expect(refused.texts(element)).toEqual([]);
    }
    for (const Action of [
      'run',
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'Issue',
      'getclustercredentials',
    ])
      expect((await ask(root, 'redshift', Action)).code, Action).toBe('InvalidAction');
  });

  test('CVE-2026-25748 (authentik): what cannot be read is refused, never passed over', async () => {
    const Authorization =
      signed(root, 'sts', { Action: 'GetCallerIdentity' }).headers.find(([name]) =>
        /^authorization$/i.test(name),
      )?.[1] ?? '';
    expect(Authorization).toContain('Signature=');
    for (const broken of [
      '',
      'x',
      'AWS4-HMAC-SHA256',
      Authorization.slice(0, 60),
      `${Authorization},`,
      Authorization.replaceAll('=', ''),
      'Bearer x',
    ]) {
      const call = signed(root, 'sts', { Action: 'GetCallerIdentity' });
      const headers = call.headers.map(
        ([name, value]) => [name, /^authorization$/i.test(name) ? broken : value] as [string, string],
      );
      expect((await send(root, { ...call, headers })).status, broken).toBeGreaterThanOrEqual(400);
    }
    for (const token of ['x', 'A'.repeat(400), '\u00ff'.repeat(50)]) {
      const call = signed(root, 'sts', { Action: 'GetCallerIdentity' });
      const headers: [string, string][] = [
        ...call.headers.map(([name, value]): [string, string] => [name, value]),
        ['x-amz-security-token', token],
      ];
      expect((await send(root, { ...call, headers })).status, token).toBeGreaterThanOrEqual(400);
    }
  });
});
