import { actionApplies } from '../compile.ts';
import type { RequestContext } from '../context.ts';
import { hasPolicyVariables } from '../document-model.ts';
import { Atoms, type PreparedPolicy } from './atoms.ts';
import { type Atom, allOf, anyOf, type Formula, formulaText } from './formula.ts';
import { known } from './satisfy.ts';
import type { Setting } from './setting.ts';
import type { Pair } from './subject.ts';
import { isPrincipalKey, type Target, unknownsByKey } from './target.ts';
import type { Unknown } from './unknown.ts';

/** What each policy says of a target: worked out once for the policy, whoever has it. */

/** Of one pair: when the policy allows it, and when it denies it. */
export interface PairFormula {
  readonly allow: Formula;
  readonly deny: Formula;
}

export interface PolicyFormula {
  /** Counted by what the policies say. */
  readonly number: number;
  /** One for each pair of the target. */
  readonly pairs: readonly PairFormula[];
  /** Whether it can allow or deny anything of it. */
  readonly speaks: boolean;
  /** Whether it can allow anything of it. */
  readonly grants: boolean;
}

const EMPTY: RequestContext = new Map();

export class PolicyFormulas {
  readonly #target: Target;
  readonly #atoms = new Atoms();
  readonly #setting: Setting;
  readonly #byPolicy = new Map<PreparedPolicy, PolicyFormula>();
  readonly #byText = new Map<string, PolicyFormula>();

  constructor(target: Target) {
    this.#target = target;
    const unknownOf = unknownsByKey(target.unknowns);
    // A key of the principal counts as unknown here, whoever it is of.
    this.#setting = {
      context: target.known,
      unknownOf: (key) => unknownOf(key) ?? (isPrincipalKey(key) ? OF_PRINCIPAL : undefined),
    };
  }

  /** What a policy says: the same object for policies that say the same. */
  of(policy: PreparedPolicy): PolicyFormula {
    const found = this.#byPolicy.get(policy);
    if (found !== undefined) return found;
    const pairs = this.#target.pairs.map((pair) => ({
      allow: this.#applying(policy, pair, 'Allow'),
      deny: this.#applying(policy, pair, 'Deny'),
    }));
    const text = pairs.map(({ allow, deny }) => `${formulaText(allow)} ${formulaText(deny)}`).join();
    const made = this.#byText.get(text) ?? {
      number: this.#byText.size,
      pairs,
      speaks: pairs.some(({ allow, deny }) => allow !== false || deny !== false),
      grants: pairs.some(({ allow }) => allow !== false),
    };
    this.#byText.set(text, made);
    this.#byPolicy.set(policy, made);
    return made;
  }

  /** The atoms of all policies that were looked at. */
  atoms(): Iterable<Atom> {
    return this.#atoms.made();
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
