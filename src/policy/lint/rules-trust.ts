import type { LintRule, LintSubject } from './finding.ts';
import { requiresKey, type StatementView } from './statement-view.ts';

/** What a trust policy gives away: who may become a role. */

const trustsEverybody: LintRule = {
  id: 'trusts-everybody',
  severity: 'danger',
  meaning: 'A trust policy lets everybody in.',
  fix: 'Name the accounts, users or roles.',
  find: (subject) =>
    trusting(subject)
      .filter(({ principals }) => principals.some(({ name }) => name === '*'))
      .map(({ view }) => ({
        view,
        element: 'Principal',
        value: '*',
        explanation:
          view.statement.conditions.length === 0
            ? 'everybody in every account may assume the role'
            : 'everybody in every account who meets the conditions may assume the role',
      })),
};

const trustsAnyAudience: LintRule = {
  id: 'trusts-any-audience',
  severity: 'warning',
  meaning: 'A trust policy believes an identity provider whomever its statement was made for.',
  fix: 'Ask for the audience, for SAML `"StringEquals": { "SAML:aud": "https://signin.aws.amazon.com/saml" }`.',
  find: (subject) =>
    trusting(subject).flatMap(({ view, principals }) =>
      principals
        .filter(({ kind }) => kind === 'Federated')
        .filter(({ name }) => !asksForAudience(view, name))
        .map(({ name }) => ({
          view,
          element: 'Principal' as const,
          value: name,
          explanation: 'no condition asks whom the provider made its statement for',
        })),
    ),
};

/** Statements that let somebody in, with whom. */
function trusting({ statements }: LintSubject) {
  return statements.flatMap((view) =>
    view.statement.effect === 'Allow' && view.principals !== undefined && !view.principals.negated
      ? [{ view, principals: view.principals.values }]
      : [],
  );
}

function asksForAudience(view: StatementView, provider: string): boolean {
  if (provider.includes(':saml-provider/')) return requiresKey(view, 'saml:aud');
  return view.statement.conditions.some(({ key }) => {
    const folded = key.toLowerCase();
    return /:(?:aud|app_id|sub|amr|oaud)$/.test(folded) && requiresKey(view, folded);
  });
}

export const TRUST_RULES: readonly LintRule[] = [trustsEverybody, trustsAnyAudience];
