import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  type Caller,
  compilePolicy,
  compileResourcePolicy,
  type Decision,
  evaluate,
  parsePolicyDocument,
  policySet,
  requestContext,
  type StatementReference,
} from '../../src/policy/index.ts';

// Runs the questions in test/vectors/policy; SOURCE.md there explains the form.

interface PolicyVector {
  readonly id: string;
  readonly document: object;
}

interface VectorFile {
  readonly source: string;
  readonly policies: {
    readonly identity: readonly PolicyVector[] | 'everything';
    readonly guardrail?: PolicyVector;
    readonly boundary?: PolicyVector;
    readonly session?: readonly PolicyVector[];
    readonly resource?: PolicyVector & { readonly kind: 'trust' | 'resource'; readonly accountId: string };
  };
  readonly cases: readonly {
    readonly title: string;
    readonly requests: readonly { readonly action: string; readonly resource: string }[];
    readonly context: Record<string, string | string[]>;
    readonly caller?: Partial<Caller>;
    readonly expect: {
      readonly effect: string;
      readonly because: string;
      readonly at?: { readonly action: string; readonly resource: string };
      readonly matched: readonly string[];
    };
  }[];
}

const FOLDER = new URL('./policy/', import.meta.url);
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

function compile({ id, document }: PolicyVector) {
  return compilePolicy(parsePolicyDocument(JSON.stringify(document), 'identity'), { kind: 'inline', id });
}

function compileSide({ id, kind, document }: NonNullable<VectorFile['policies']['resource']>) {
  const text = JSON.stringify(document);
  const parsed = kind === 'trust' ? parsePolicyDocument(text, kind) : parsePolicyDocument(text, kind);
  return compileResourcePolicy(parsed, { kind: 'resource', id });
}

function readable({ policyId, sid, index }: StatementReference): string {
  return `${policyId}/${sid ?? index}`;
}

test('there are vectors', () => {
  expect(files.length).toBeGreaterThan(60);
});

describe.each(files)('%s', (file) => {
  const vector: VectorFile = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  const { identity, boundary, session, guardrail, resource } = vector.policies;
  const policy = resource && compileSide(resource);
  const set = policySet({
    identity: identity === 'everything' ? identity : identity.map(compile),
    guardrail: guardrail && compile(guardrail),
    boundary: boundary === undefined ? undefined : compile(boundary),
    session: session?.map(compile),
  });

  test.each(vector.cases.map((one) => [one.title, one] as const))('%s', (_, one) => {
    const context = requestContext(one.context);
    const caller: Caller = { accountId: undefined, itself: [], behind: [], ...one.caller };
    const side = policy && resource && { policy, accountId: resource.accountId, caller };
    let decided: { decision: Decision; at: object } | undefined;
    for (const at of one.requests) {
      decided = { decision: evaluate(set, { ...at, context }, side), at };
      if (decided.decision.effect !== 'allow') break;
    }
    expect({
      effect: decided?.decision.effect,
      because: decided?.decision.because,
      matched: decided?.decision.matched.map(readable),
    }).toEqual({ effect: one.expect.effect, because: one.expect.because, matched: one.expect.matched });
    if (one.expect.at !== undefined) expect(decided?.at).toEqual(one.expect.at);
  });
});
