// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { actionApplies, resourceApplies } from '../../../src/policy/compile.ts';
import {
  type CompiledPolicy,
  compilePolicy,
  type Decision,
  denialText,
  evaluate,
  MalformedPolicy,
  parsePolicyDocument,
  policySet,
  requestContext,
} from '../../../src/policy/index.ts';

const ARN = 'arn:aws:redshift:us-west-2:123456789012:dbuser:c/';
const nobody = requestContext({});

function policy(id: string, ...statements: object[]): CompiledPolicy {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return compilePolicy(parsePolicyDocument(text, 'managed'), { kind: 'managed', id });
}

function decide(policies: CompiledPolicy[], action: string, resource = '*', context = nobody): Decision {
  return evaluate(policySet({ identity: policies }), { action, resource, context });
}

const everything = policy('all', { Effect: 'Allow', Action: '*', Resource: '*' });

describe('a statement', () => {
  const [statement] = policy('p', {
    Effect: 'Allow',
    Action: 'redshift:Get*',
    Resource: `${ARN}a*`,
  }).statements;
  const ask = (action: string, resource: string) => {
    if (statement === undefined) throw new Error('no statement');
    const request = { action: action.toLowerCase(), resource, context: nobody };
    return [actionApplies(statement, request), resourceApplies(statement, request)];
  };

  test('tells whether its action and its resource apply, one by one', () => {
    expect(ask('redshift:GetClusterCredentials', `${ARN}ab`)).toEqual([true, true]);
    expect(ask('redshift:JoinGroup', `${ARN}ab`)).toEqual([false, true]);
    expect(ask('redshift:GetClusterCredentials', `${ARN}b`)).toEqual([true, false]);
  });
});

describe('a decision', () => {
  test('names the policy and the statement that decided', () => {
    const p = policy(
      'arn:aws:iam::123456789012:policy/p',
      { Effect: 'Allow', Action: 's3:*', Resource: '*' },
      { Sid: 'Mine', Effect: 'Allow', Action: 'redshift:*', Resource: '*' },
    );
    expect(decide([p], 'redshift:JoinGroup')).toEqual({
      effect: 'allow',
      because: 'identity-policy-allows',
      matched: [
        { policyKind: 'managed', policyId: 'arn:aws:iam::123456789012:policy/p', index: 1, sid: 'Mine' },
      ],
    });
  });

  test('is the same for principals that share a compiled policy and differ in context', () => {
    const own = policy('own', { Effect: 'Allow', Action: 'a:b', Resource: `${ARN}\${aws:username}` });
    const set = policySet({ identity: [own] });
    const ask = (name: string) =>
      evaluate(set, {
        action: 'a:b',
        resource: `${ARN}bob`,
        context: requestContext({ 'aws:username': name }),
      }).effect;
    expect([ask('bob'), ask('eve'), ask('bob')]).toEqual(['allow', 'implicitDeny', 'allow']);
  });

  test('finds statements under every service that they name, in any case', () => {
    const both = policy('both', {
      Effect: 'Allow',
      Action: ['S3:Get*', 'redshift:x', 's3:Put*'],
      Resource: '*',
    });
    expect(decide([both], 's3:GetObject').effect).toBe('allow');
    expect(decide([both], 'S3:putobject').effect).toBe('allow');
    expect(decide([both], 'REDSHIFT:X').effect).toBe('allow');
    expect(decide([both], 's3x:GetObject').effect).toBe('implicitDeny');
  });

  test('is the same after more actions than are remembered', () => {
    const set = policySet({ identity: [policy('p', { Effect: 'Allow', Action: 'a:*1', Resource: '*' })] });
    const ask = (action: string) => evaluate(set, { action, resource: '*', context: nobody }).effect;
    for (let round = 0; round < 2; round += 1) {
      for (let n = 0; n < 300; n += 1) {
        expect(ask(`a:x${n}`)).toBe(n % 10 === 1 ? 'allow' : 'implicitDeny');
        expect(ask('A:X1')).toBe('allow');
      }
    }
  });

  test('takes no service for a member of an object', () => {
    const p = policy('p', { Effect: 'Allow', Action: ['constructor:x', 'a:b'], Resource: '*' });
    expect(decide([p], 'constructor:x').effect).toBe('allow');
    for (const action of ['__proto__:x', 'toString:x', 'hasOwnProperty', '__proto__', '']) {
      expect(decide([p], action)).toMatchObject({ effect: 'implicitDeny', matched: [] });
    }
  });

  test('is a denial for a request that is too long to judge, whatever the policies say', () => {
    const limit = { effect: 'implicitDeny', because: 'request-too-large', matched: [] };
    expect(decide([everything], `a:${'b'.repeat(254)}`).effect).toBe('allow');
    expect(decide([everything], `a:${'b'.repeat(255)}`)).toEqual(limit);
    expect(decide([everything], 'a:b', 'r'.repeat(2048)).effect).toBe('allow');
    expect(decide([everything], 'a:b', 'r'.repeat(2049))).toEqual(limit);
  });

  test('is a denial when a fact that a policy asks for is too long to judge', () => {
    const asking = policy('asking', {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { StringNotEquals: { 'k:v': 'x' } },
    });
    const variable = policy('variable', { Effect: 'Allow', Action: 'a:b', NotResource: `${ARN}\${k:v}` });
    const ask = (p: CompiledPolicy, given: string | string[]) =>
      decide([p], 'a:b', '*', requestContext({ 'k:v': given }));
    for (const p of [asking, variable]) {
      expect(ask(p, 'y'.repeat(4096)).effect).toBe('allow');
      expect(ask(p, 'y'.repeat(4097))).toMatchObject({
        effect: 'implicitDeny',
        because: 'request-too-large',
      });
      const values = Array<string>(4).fill('y'.repeat(4096));
      expect(ask(p, values).effect).toBe('allow');
      expect(ask(p, [...values, 'y']).because).toBe('request-too-large');
      expect(ask(p, Array<string>(257).fill('y'))).toMatchObject({
        effect: 'implicitDeny',
        because: 'request-too-large',
      });
    }
    expect(decide([everything], 'a:b', '*', requestContext({ 'k:v': 'y'.repeat(4097) })).effect).toBe(
      'allow',
    );
  });

  test('does not hide a broken context', () => {
    const asking = policy('asking', {
      Effect: 'Allow',
      Action: '*',
      Resource: '*',
      Condition: { Null: { 'k:v': true } },
    });
    const broken = {
      get(): never {
        throw new RangeError('broken');
      },
    };
    expect(() => decide([asking], 'a:b', '*', broken)).toThrow(RangeError);
  });
});

describe('what a denial says', () => {
  const action = 'redshift:JoinGroup';
  const deny = policy('deny', { Effect: 'Deny', Action: '*', Resource: '*' });
  const other = policy('other', { Effect: 'Allow', Action: 's3:*', Resource: '*' });

  function text(kinds: Parameters<typeof policySet>[0]): string {
    const decision = evaluate(policySet(kinds), { action, resource: '*', context: nobody });
    if (decision.effect === 'allow') throw new Error('allowed');
    return denialText(decision, action);
  }

  test.each([
    [{ identity: [] }, 'because no identity-based policy allows the redshift:JoinGroup action'],
    [
      { identity: [everything], boundary: other },
      'because no permissions boundary allows the redshift:JoinGroup action',
    ],
    [
      { identity: [everything], session: [] },
      'because no session policy allows the redshift:JoinGroup action',
    ],
    [{ identity: [everything, deny] }, 'with an explicit deny in an identity-based policy'],
    [{ identity: [everything], boundary: deny }, 'with an explicit deny in a permissions boundary'],
    [{ identity: [everything], session: [deny] }, 'with an explicit deny in a session policy'],
  ])('%# is in the words of AWS', (kinds, expected) => {
    expect(text(kinds)).toBe(expected);
  });
});

describe('hostile documents', () => {
  /** Far above what is measured (a tenth of it) on a busy machine, far below what a matcher that backtracks would take. */
  const QUICK_MS = 2000;

  function timed<T>(action: () => T): T {
    const from = performance.now();
    const result = action();
    expect(performance.now() - from).toBeLessThan(QUICK_MS);
    return result;
  }

  test.each([
    ['deep arrays', '['.repeat(100_000)],
    ['deep objects', '{"a":'.repeat(20_000)],
    ['deep actions', `{"Statement":{"Effect":"Allow","Action":${'['.repeat(50_000)}`],
    ['100,000 braces', `{"Statement":[${'{},'.repeat(40_000)}{}]}`],
    ['a long number', `{"Statement":${'9'.repeat(130_000)}}`],
    ['a long string without an end', `{"Statement":"${'a'.repeat(130_000)}`],
    ['escapes only', `{"${'\\u0041'.repeat(20_000)}":1}`],
    [
      'a variable without an end',
      `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:s:::${'${'.repeat(50_000)}"}}`,
    ],
  ])('%s are refused quickly', (_, text) => {
    timed(() => expect(() => parsePolicyDocument(text, 'identity')).toThrow(MalformedPolicy));
  });

  test('128 KiB of wildcards are evaluated quickly', () => {
    const wild = policy(
      'wild',
      { Effect: 'Deny', Action: 'a:b', Resource: `arn:aws:s:::${'*a'.repeat(15_000)}` },
      { Effect: 'Deny', Action: 'a:b', Resource: `arn:aws:s:*:${'*:*a?'.repeat(6_000)}` },
      { Effect: 'Deny', Action: `a:${'*?'.repeat(10_000)}`, Resource: '*' },
      {
        Effect: 'Deny',
        Action: 'a:b',
        Resource: '*',
        Condition: { StringLike: { 'k:v': [`${'*a'.repeat(9_000)}b`, `*${'a?'.repeat(1_000)}b`] } },
      },
    );
    const context = requestContext({ 'k:v': 'a'.repeat(4096) });
    const resource = `arn:aws:s:::${'a:'.repeat(1000)}`;
    timed(() => expect(decide([wild, everything], 'a:b', resource, context).effect).toBe('allow'));
  });

  test('10,000 statements about other services cost a decision next to nothing', () => {
    const statement = (at: number) => ({
      Effect: 'Deny',
      Action: `s${at}:*`,
      Resource: `arn:aws:s${at}:::*a*b*c`,
    });
    const policies = Array.from({ length: 10 }, (_, p) =>
      policy(`p${p}`, ...Array.from({ length: 1000 }, (_one, s) => statement(p * 1000 + s))),
    );
    const set = timed(() => policySet({ identity: [...policies, everything] }));
    timed(() => {
      for (let at = 0; at < 10_000; at += 1) {
        expect(
          evaluate(set, { action: 'redshift:JoinGroup', resource: ARN, context: nobody }).effect === 'allow',
        ).toBe(true);
      }
    });
    expect(decide(policies, 's9999:x', 'arn:aws:s9999:::abc').effect).toBe('explicitDeny');
  });

  test('10,000 statements about one service are evaluated quickly', () => {
    const list = Array.from({ length: 1000 }, (_, at) => ({
      Effect: 'Deny',
      Action: 'a:b',
      Resource: `arn:aws:a:::${at}*x*y*`,
    }));
    const policies = Array.from({ length: 10 }, (_, p) => policy(`p${p}`, ...list));
    timed(() => expect(decide([...policies, everything], 'a:b', 'arn:aws:a:::x').effect).toBe('allow'));
  });
});

describe('the room itself', () => {
  test('runs anywhere: it imports nothing of Node, and from outside only what does so too', () => {
    const folder = new URL('../../../src/policy/', import.meta.url);
    const borrowed = new URL('../core/ip-range.ts', folder);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      file.endsWith('.ts'),
    );
    for (const file of [...files.map((one) => new URL(one, folder)), borrowed]) {
      const source = readFileSync(file, 'utf8');
      for (const [, from = ''] of source.matchAll(/ from '([^']*)'/g)) {
        const target = new URL(from, file);
        expect(from, file.href).toMatch(/^\.{1,2}\/[a-z0-9./-]+\.ts$/);
        expect(target.href.startsWith(folder.href) || target.href === borrowed.href, from).toBe(true);
      }
      expect(source, file.href).not.toMatch(/\b(?:Buffer|process|require)\b[.(]/);
    }
  });
});

test.each([
  ['guardrail-denies', 'with an explicit deny in a service control policy'],
  ['resource-policy-denies', 'with an explicit deny in a resource-based policy'],
  ['identity-policy-denies', 'with an explicit deny in an identity-based policy'],
  ['boundary-denies', 'with an explicit deny in a permissions boundary'],
  ['session-policy-denies', 'with an explicit deny in a session policy'],
] as const)('an explicit denial with the reason %s is told as AWS tells it', (because, text) => {
  expect(denialText({ effect: 'explicitDeny', because, matched: [] }, 'a:B')).toBe(text);
});

test.each([
  ['guardrail-does-not-allow', 'service control policy'],
  ['no-resource-policy-allows', 'resource-based policy'],
  ['no-identity-policy-allows', 'identity-based policy'],
  ['boundary-does-not-allow', 'permissions boundary'],
  ['no-session-policy-allows', 'session policy'],
] as const)('a denial with the reason %s is told as AWS tells it', (because, name) => {
  const text = denialText({ effect: 'implicitDeny', because, matched: [] }, 'a:B');
  expect(text).toBe(`because no ${name} allows the a:B action`);
});
