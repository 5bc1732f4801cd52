// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contextOf, type RequestFacts } from '../../../src/iam/context.ts';
import { type DecisionEvidence, decisionEvidence } from '../../../src/iam/decision-evidence.ts';
import { explainAsDecided, type Refusal } from '../../../src/iam/explain-refusal.ts';
import { refusalLines } from '../../../src/iam/explanation-text.ts';
import { compileDocument } from '../../../src/iam/load-principal.ts';
import { type Principal, rootPrincipal } from '../../../src/iam/principal.ts';
import {
  compilePolicy,
  compileResourcePolicy,
  evaluate,
  type PolicyKinds,
  parsePolicyDocument,
  policySet,
} from '../../../src/policy/index.ts';

const ACTION = 'redshift:GetClusterCredentials';
const RESOURCE = 'arn:aws:redshift:us-west-2:123456789012:dbuser:c/eve';
const ASKED = { action: ACTION, resource: RESOURCE };
const REQUEST: RequestFacts = {
  sourceIp: '10.0.0.1',
  secureTransport: true,
  userAgent: 'unit/1.0',
  region: 'us-west-2',
  at: new Date('2026-11-22T10:11:12Z'),
};

function policy(id: string, ...statements: object[]) {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements });
  return compileDocument({ kind: 'inline', id }, text);
}

function bob(kinds: PolicyKinds): Principal {
  return {
    ...rootPrincipal('123456789012'),
    kind: 'user',
    arn: 'arn:aws:iam::123456789012:user/bob',
    userId: 'AIDABOB',
    userName: 'bob',
    tags: new Map([['team', 'red']]),
    policies: policySet(kinds),
  };
}

const allow = (more: object = {}) => ({ Effect: 'Allow', Action: ACTION, Resource: '*', ...more });

/** Decides, keeps the evidence as the log would, and reads it back. */
function kept(
  principal: Principal,
  { extra = new Map<string, readonly string[]>(), unlessDenied = false } = {},
) {
  const context = contextOf(principal, REQUEST, extra);
  const decision = evaluate(principal.policies, { ...ASKED, context });
  const found = decisionEvidence(principal, {
    ...ASKED,
    context,
    extraKeys: extra.keys(),
    unlessDenied,
  });
  if (found === undefined) throw new Error('nothing was kept');
  const evidence = JSON.parse(JSON.stringify(found.evidence)) as typeof found.evidence;
  const refusal: Refusal = { ...ASKED, because: decision.because, evidence };
  return { decision, refusal, documents: found.documents, json: JSON.stringify(found.evidence) };
}

describe('what is kept of a refusal', () => {
  test('is enough to come to the same decision again', () => {
    const conditions = fc.constantFrom(
      {},
      { StringEquals: { 'aws:PrincipalTag/Team': ['red', '${aws:username}'] } },
      { StringEquals: { 'redshift:DbUser': '${aws:PrincipalTag/other, "x"}'.replaceAll('"', "'") } },
      { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, Bool: { 'aws:SecureTransport': 'false' } },
      { DateGreaterThan: { 'aws:CurrentTime': '2026-11-22T10:11:12Z' } },
      { 'ForAnyValue:StringLike': { 'k:list': 'b*' }, Null: { 'k:none': 'true' } },
    );
    const statement = fc
      .tuple(fc.constantFrom('Allow', 'Allow', 'Deny'), fc.constantFrom(ACTION, 'iam:*'), conditions)
      .map(([Effect, Action, Condition]) => ({ Effect, Action, Resource: '*', Condition }));
    const one = fc.array(statement, { minLength: 1, maxLength: 3 }).map((list) => policy('p', ...list));
    const many = fc.array(one, { maxLength: 3 });
    const kinds = fc.record(
      { identity: many, boundary: one, session: many, guardrail: one },
      { requiredKeys: ['identity'] },
    );
    fc.assert(
      fc.property(kinds, (policies) => {
        const extra = new Map([
          ['redshift:dbuser', ['eve']],
          ['k:list', ['a', 'b']],
        ]);
        const { decision, refusal, documents } = kept(bob(policies), { extra });
        expect(explainAsDecided(refusal, documents)?.decision).toEqual(decision);
      }),
    );
  });

  test('is enough for the session of a role, and for the trust policy of another', () => {
    const session: Principal = {
      ...bob({
        identity: [policy('role/r/p', allow())],
        session: [policy('session', allow({ Action: 'iam:*' }))],
      }),
      kind: 'role',
      userName: undefined,
    };
    const inSession = kept(session);
    expect(inSession.decision.effect).toBe('implicitDeny');
    expect(explainAsDecided(inSession.refusal, inSession.documents)?.decision).toEqual(inSession.decision);

    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { AWS: '123456789012' } }],
    });
    const source = { kind: 'resource', id: 'trust/r', text } as const;
    const side = {
      policy: compileResourcePolicy(parsePolicyDocument(text, 'trust'), source),
      accountId: '123456789012',
      caller: { accountId: '123456789012', itself: [{ kind: 'AWS' as const, name: 'arn' }], behind: [] },
    };
    const principal = bob({ identity: [] });
    const context = contextOf(principal, REQUEST);
    const asked = { action: 'sts:AssumeRole', resource: 'arn:aws:iam::123456789012:role/r' };
    const decision = evaluate(principal.policies, { ...asked, context }, side);
    const found = decisionEvidence(principal, {
      ...asked,
      context,
      extraKeys: [],
      unlessDenied: false,
      side,
    });
    const evidence = JSON.parse(JSON.stringify(found?.evidence)) as DecisionEvidence;
    const explained = explainAsDecided(
      { ...asked, because: decision.because, evidence },
      found?.documents ?? new Map(),
    );
    expect(explained?.decision).toEqual(decision);
    expect(explained?.layers.map(({ kind }) => kind)).toEqual(['resource', 'identity']);
  });

  test('holds the facts of the principal and of the request, apart', () => {
    const { refusal } = kept(bob({ identity: [] }), { extra: new Map([['redshift:dbuser', ['eve']]]) });
    const { principal, facts } = refusal.evidence;
    expect(principal.facts).toEqual(
      expect.arrayContaining([
        ['aws:username', ['bob']],
        ['aws:principaltag/team', ['red']],
      ]),
    );
    expect(new Map(facts)).toEqual(
      new Map([
        ['aws:sourceip', ['10.0.0.1']],
        ['aws:securetransport', ['true']],
        ['aws:useragent', ['unit/1.0']],
        ['aws:requestedregion', ['us-west-2']],
        ['aws:currenttime', ['2026-11-22T10:11:12Z']],
        ['aws:epochtime', ['1795342272']],
        ['redshift:dbuser', ['eve']],
      ]),
    );
  });

  test('is bounded, and says so where something was cut', () => {
    const extra = new Map<string, readonly string[]>([
      ['redshift:dbuser', ['x'.repeat(100_000)]],
      ['aws:tagkeys', Array.from({ length: 1000 }, () => 'k'.repeat(2000))],
      ...Array.from({ length: 2000 }, (_, n) => [`aws:requesttag/${n}`, ['v'.repeat(1000)]] as const),
    ]);
    const { refusal, json } = kept(bob({ identity: [] }), { extra });
    expect(refusal.evidence.isIncomplete).toBe(true);
    expect(json.length).toBeLessThan(300_000);
    expect(kept(bob({ identity: [] })).refusal.evidence.isIncomplete).toBe(false);
  });

  test('is nothing for a policy whose text is not known, and nothing is told of a text that was lost', () => {
    const source = { kind: 'inline', id: 'p' } as const;
    const text = JSON.stringify({ Statement: [allow()] });
    const unknown = bob({ identity: [compilePolicy(parsePolicyDocument(text, 'identity'), source)] });
    const context = contextOf(unknown, REQUEST);
    expect(
      decisionEvidence(unknown, { ...ASKED, context, extraKeys: [], unlessDenied: false }),
    ).toBeUndefined();
    const { refusal } = kept(bob({ identity: [policy('p', allow({ Action: 'iam:*' }))] }));
    expect(explainAsDecided(refusal, new Map())).toBeUndefined();
    expect(refusalLines(refusal, { asDecided: undefined, now: { kind: 'gone' } })).toContain(
      'The policies that decided were not kept.',
    );
  });
});

describe('an explanation for a person', () => {
  const principal = bob({
    identity: [
      policy(
        'user/bob/own',
        allow({ Sid: 'Own', Resource: 'arn:aws:redshift:*:*:dbuser:*/${aws:PrincipalTag/db}' }),
        allow({ Condition: { StringEquals: { 'redshift:DbName': 'exampledb' } } }),
      ),
      policy('group/team/iam', { ...allow(), Action: 'iam:*' }),
    ],
    boundary: policy('arn:aws:iam::123456789012:policy/limit', { ...allow(), Effect: 'Deny' }),
  });

  test('says what decided, what stands in the way, what each statement said, and how it would be now', () => {
    const { refusal, documents } = kept(principal);
    const asDecided = explainAsDecided(refusal, documents);
    const now = { kind: 'decided', isAllowed: true, decision: { effect: 'allow' } } as never;
    const lines = refusalLines(refusal, { asDecided, now });
    expect(lines.slice(0, 18)).toEqual([
      ACTION,
      `  on ${RESOURCE}`,
      '  was refused with an explicit deny in a permissions boundary',
      '',
      'What stands in the way, all of it:',
      '  - Nothing in the identity-based policies allows it. The nearest is statement 1 (Own) of user/bob/own: it is about other resources, and its variables have no value for aws:principaltag/db.',
      '  - statement 1 of arn:aws:iam::123456789012:policy/limit (permissions boundary) denies it.',
      '  - Nothing in the permissions boundary allows it: no Allow is about this action.',
      '',
      'The policies, in the order in which they were asked:',
      'Identity-based policies',
      '  user/bob/own',
      '    statement 1 (Own), Allow: it is about other resources, and its variables have no value for aws:principaltag/db',
      '    statement 2, Allow: the condition StringEquals redshift:DbName wants "exampledb", the request does not have the key',
      '  group/team/iam',
      '    statement 1, Allow: it is about other actions',
      'Permissions boundary',
      '  arn:aws:iam::123456789012:policy/limit',
    ]);
    expect(lines).toContain('  aws:principaltag/team = "red"');
    expect(lines.at(-1)).toBe('Now, the same request would be allowed.');
  });

  test('leaves out permissions that the request did not need', () => {
    const { refusal, documents } = kept(principal, { unlessDenied: true });
    expect(explainAsDecided(refusal, documents)?.obstacles.map(({ kind }) => kind)).toEqual(['deny']);
  });

  test.each([
    [{ kind: 'gone' } as const, 'Now, the principal is not there any more.'],
    [
      { kind: 'unknown' } as const,
      'How it would be now is not known: a policy that had a part in it cannot be asked again.',
    ],
    [
      {
        kind: 'decided',
        isAllowed: false,
        decision: { effect: 'implicitDeny', because: 'no-identity-policy-allows', matched: [] },
      } as const,
      `Now, the same request would be refused because no identity-based policy allows the ${ACTION} action.`,
    ],
  ])('tells of the present: %j', (now, line) => {
    const { refusal, documents } = kept(principal);
    expect(refusalLines(refusal, { asDecided: explainAsDecided(refusal, documents), now }).at(-1)).toBe(line);
  });

  test('admits it when what was kept leads to another reason', () => {
    const { refusal, documents } = kept(principal);
    const asDecided = explainAsDecided(refusal, documents);
    const lines = refusalLines(
      { ...refusal, because: 'request-too-large' },
      { asDecided, now: { kind: 'gone' } },
    );
    expect(lines[3]).toContain('for another reason');
  });
});
