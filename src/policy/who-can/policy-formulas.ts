import { actionApplies } from '../compile.ts';
import type { RequestContext } from '../context.ts';
import { hasPolicyVariables } from '../document-model.ts';
import { Atoms, type PreparedPolicy } from './atoms.ts';
import { allOf, anyOf, type Formula } from './formula.ts';
import { known, type Setting } from './satisfy.ts';
import type { Pair } from './subject.ts';
import { isPrincipalKey, type Target, unknownsByKey } from './target.ts';
import type { Unknown } from './unknown.ts';

/** What each policy says of a target: worked out once for the policy, whoever has it. */

/** Of one pair: when the policy allows it, and when it denies it. */
export interface PairFormula {
  readonly allow: Formula;
  readonly deny: Formula;
}

const EMPTY: RequestContext = new Map();

export class PolicyFormulas {
  readonly #target: Target;
  readonly #atoms = new Atoms();
  readonly #setting: Setting;
  readonly #byPolicy = new Map<PreparedPolicy, readonly PairFormula[]>();

  constructor(target: Target) {
    this.#target = target;
    const unknownOf = unknownsByKey(target.unknowns);
    // A key of the principal counts as unknown here, whoever it is of.
    this.#setting = {
      context: target.known,
      unknownOf: (key) => unknownOf(key) ?? (isPrincipalKey(key) ? OF_PRINCIPAL : undefined),
    };
  }

  /** The formulas of a policy, one for each pair of the target. */
  of(policy: PreparedPolicy): readonly PairFormula[] {
    const found = this.#byPolicy.get(policy);
    if (found !== undefined) return found;
    const made = this.#target.pairs.map((pair) => ({
      allow: this.#applying(policy, pair, 'Allow'),
      deny: this.#applying(policy, pair, 'Deny'),
    }));
    this.#byPolicy.set(policy, made);
    return made;
  }

  /** The formula of a request that has no key `key`. */
  without(key: string): Formula {
    return this.#atoms.clause({ operator: 'Null', key, values: ['true'] }, false);
  }

  /** When one of the policy's statements with the effect applies to the pair. */
  #applying(policy: PreparedPolicy, pair: Pair, effect: 'Allow' | 'Deny'): Formula {
    const variables = hasPolicyVariables(policy.document.version);
    const request = { action: pair.action, resource: '', context: EMPTY };
    const statements = policy.compiled.statements.entries();
    const formulas: Formula[] = [];
    for (const [index, statement] of statements) {
      if (statement.effect !== effect || !actionApplies(statement, request)) continue;
      const clauses = policy.document.statements[index]?.conditions ?? [];
      const formula = allOf([
        known(this.#atoms.resource(pair, policy, index, statement), this.#setting),
        ...clauses.map((clause) => known(this.#atoms.clause(clause, variables), this.#setting)),
      ]);
      formulas.push(formula);
    }
    return anyOf(formulas);
  }
}

/** Stands for whatever a principal answers. */
const OF_PRINCIPAL: Unknown = {
  name: 'the principal',
  isOptional: true,
  domain: { kind: 'choice', values: [] },
  keys: [],
};
