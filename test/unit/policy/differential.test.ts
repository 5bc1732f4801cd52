import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluate, requestContext } from '../../../src/policy/index.ts';
import { setOf, sideOf } from './engine-of-account.ts';
import { accounts, REQUESTS, requests } from './random-accounts.ts';
import { type ReferencePolicies, type ReferenceRequest, referenceDecision } from './reference.ts';

/**
 * The engine beside the slow reference engine: random accounts and requests, the same decision for the same reason,
 * decided by statements that both find. A disagreement is shrunk and printed with its seed.
 *
 * KEYSHIFT_POLICY_CASES asks for more than the few that keep the unit tests quick: `npm test` asks for 200,000 and
 * `npm run proof` for 5,000,000. KEYSHIFT_POLICY_SEED repeats a run.
 */
const CASES = Number(process.env['KEYSHIFT_POLICY_CASES'] ?? 12_000);
const SEED = Number(process.env['KEYSHIFT_POLICY_SEED'] ?? Date.now() % 2 ** 31);

/** Accounts of one run of fast-check, which keeps something of each. */
const ACCOUNTS_PER_RUN = 1_000;
/** From this many on each reason is met often, whatever the seed. */
const CASES_WITH_EVERY_END = 100_000;
/** A loaded machine with two cores takes half a millisecond for a case, at the worst. */
const MS_PER_CASE_MAX = 2;

/** Every reason that a request of ordinary size can get. */
const REASONS = [
  'guardrail-denies',
  'resource-policy-denies',
  'identity-policy-denies',
  'boundary-denies',
  'session-policy-denies',
  'guardrail-does-not-allow',
  'no-resource-policy-allows',
  'no-identity-policy-allows',
  'boundary-does-not-allow',
  'no-session-policy-allows',
  'identity-policy-allows',
  'resource-policy-allows',
  'root-user',
];

type Seen = Map<string, number>;

function compare(account: ReferencePolicies, asked: readonly ReferenceRequest[], seen: Seen): void {
  const set = setOf(account);
  const side = sideOf(account);
  for (const one of asked) {
    const expected = referenceDecision(account, one);
    const actual = evaluate(set, { ...one, context: requestContext(one.context) }, side);
    const found = actual.matched.map(({ policyId, index }) => `${policyId}.${index}`);
    const agree =
      actual.effect === expected.effect &&
      actual.because === expected.because &&
      found.every((statement) => expected.candidates.includes(statement));
    // expect() takes longer than both decisions together.
    if (!agree) expect({ ...actual, matched: found }).toEqual(expected);
    seen.set(actual.because, (seen.get(actual.because) ?? 0) + 1);
  }
}

describe('the engine and the slow reference engine', () => {
  test(
    'give the same decision for the same reason',
    () => {
      const seen: Seen = new Map();
      const property = fc.property(accounts, requests, (account, asked) => compare(account, asked, seen));
      const total = Math.ceil(CASES / REQUESTS);
      for (let done = 0; done < total; done += ACCOUNTS_PER_RUN) {
        const numRuns = Math.min(ACCOUNTS_PER_RUN, total - done);
        fc.assert(property, { numRuns, seed: SEED + done });
      }
      const decided = [...seen.values()].reduce((sum, count) => sum + count, 0);
      expect(decided).toBeGreaterThanOrEqual(CASES);
      // The random cases would prove little if they all ended alike. A short run can miss the rare ends.
      const least = CASES < CASES_WITH_EVERY_END ? -1 : CASES / 1000;
      for (const because of REASONS) expect(seen.get(because) ?? 0, because).toBeGreaterThan(least);
      expect(seen.size).toBeGreaterThan(4);
      if (process.env['KEYSHIFT_POLICY_CASES'] !== undefined) process.stdout.write(report(decided, seen));
    },
    60_000 + MS_PER_CASE_MAX * CASES,
  );
});

function report(decided: number, seen: Seen): string {
  const lines = [...seen].sort((a, b) => b[1] - a[1]).map(([because, count]) => `  ${because}: ${count}`);
  return [`${decided} cases agree, with seed ${SEED}`, ...lines].join('\n').concat('\n');
}
