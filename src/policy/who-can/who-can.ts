import type { RequestContext } from '../context.ts';
import type { AccountIndex, IndexedPrincipal } from './account-index.ts';
import type { PreparedPolicy } from './atoms.ts';
import { allOf, anyOf, atomsOf, type Formula, not } from './formula.ts';
import { type PairFormula, type PolicyFormula, PolicyFormulas } from './policy-formulas.ts';
import { QuestionCache } from './question-cache.ts';
import { known, type Satisfied, satisfy } from './satisfy.ts';
import type { Setting } from './setting.ts';
import { contextOver, isPrincipalKey, type Target, unknownsByKey } from './target.ts';
import type { UnknownOf } from './unknown.ts';
import { waysInWords } from './words.ts';

/**
 * Who can: every principal of an account whose policies let some request for the target pass, and under which
 * conditions. Each distinct policy is looked at once; each distinct combination of policies is decided once, unless
 * a condition asks who the principal is.
 */

export interface Ability {
  readonly principal: IndexedPrincipal;
  /** Never `no` in a list. `undecided`: it could not be shown that the conditions contradict each other. */
  readonly satisfied: Satisfied;
  /** What must hold; true if it always may. */
  readonly formula: Formula;
  /** The same in words: each way in which it may be done, as a list of conditions; an empty list is none. */
  readonly ways: readonly (readonly string[])[];
  /** The policies that allow something of it. */
  readonly grants: IndexedPrincipal['policies'];
}

export interface Page {
  readonly abilities: readonly Ability[];
  /** The place from which the next page goes on; undefined at the end. */
  readonly next: number | undefined;
}

/** What was decided for a combination of policies. */
type Decided = Pick<Ability, 'satisfied' | 'formula' | 'ways'>;

export class WhoCan {
  readonly target: Target;
  readonly #index: AccountIndex;
  readonly #formulas: PolicyFormulas;
  readonly #decided = new Map<string, Decided>();
  readonly #cache: QuestionCache;
  readonly #ofRequest: UnknownOf;

  constructor(index: AccountIndex, target: Target) {
    this.#index = index;
    this.target = target;
    this.#formulas = new PolicyFormulas(target);
    this.#cache = new QuestionCache(() => this.#formulas.atoms());
    this.#ofRequest = unknownsByKey(target.unknowns);
  }

  /** The principals from place `from` on, at most `max` of them. */
  page(from: number, max: number): Page {
    const granting = [...this.#index.policies()].filter(
      (policy) => this.#formulas.of(policy).pairs[0]?.allow !== false,
    );
    const abilities: Ability[] = [];
    for (const place of this.#index.places(granting, from)) {
      const principal = this.#index.account.principals[place];
      if (principal === undefined) continue;
      const ability = this.ability(principal);
      if (ability.satisfied.verdict === 'no') continue;
      if (abilities.length === max) return { abilities, next: place };
      abilities.push(ability);
    }
    return { abilities, next: undefined };
  }

  /** What one principal can. */
  ability(principal: IndexedPrincipal): Ability {
    const grants = principal.policies.filter(({ policy }) => this.#formulas.of(policy).grants);
    const formulas = this.#speaking(principal);
    const boundary = principal.boundary === undefined ? '' : this.#formulas.of(principal.boundary).number;
    const numbers = formulas.map(({ number }) => number).sort((left, right) => left - right);
    const key = `${principal.kind} ${boundary} ${numbers.join()}`;
    const found = this.#decided.get(key);
    if (found !== undefined) return { principal, grants, ...found };
    const general = allOf(this.#pairFormulas(principal, formulas));
    const setting = this.setting(principal);
    const formula = known(general, setting);
    const satisfied = satisfy(formula, setting);
    const isPossible = (one: Formula): boolean => satisfy(one, setting).verdict !== 'no';
    const made: Decided = {
      formula,
      satisfied,
      ways: satisfied.verdict === 'no' ? [] : waysInWords(formula, setting, isPossible),
    };
    // Somebody else with the same policies can the same, unless it was asked who it is.
    if (![...atomsOf(general)].some(({ reads }) => reads.some(isPrincipalKey))) this.#decided.set(key, made);
    return { principal, grants, ...made };
  }

  /** When each pair is allowed to a principal, in the order of the target. */
  pairFormulas(principal: IndexedPrincipal): readonly Formula[] {
    return this.#pairFormulas(principal, this.#speaking(principal));
  }

  /** Limits everybody in the account. */
  get guardrail(): PreparedPolicy | undefined {
    return this.#index.account.guardrail;
  }

  /** What a policy says of each pair of the target. */
  formulasOf(policy: PreparedPolicy): readonly PairFormula[] {
    return this.#formulas.of(policy).pairs;
  }

  /** What is known of the requests of a principal. */
  setting({ keys, unknownOf }: IndexedPrincipal): Setting {
    const ofRequest = this.#ofRequest;
    const context: RequestContext = contextOver(keys, this.target.known);
    return {
      cache: this.#cache,
      isPersonal: isPrincipalKey,
      context,
      unknownOf: (key) => unknownOf(key) ?? ofRequest(key),
    };
  }

  #pairFormulas(principal: IndexedPrincipal, formulas: readonly PolicyFormula[]): readonly Formula[] {
    const limits = [principal.boundary, this.guardrail].flatMap((policy) =>
      policy === undefined ? [] : [this.#formulas.of(policy)],
    );
    return this.target.pairs.map((pair, at) => {
      const allow = ({ pairs }: PolicyFormula): Formula => pairs[at]?.allow ?? false;
      const deny = [...formulas, ...limits].map(({ pairs }) => not(pairs[at]?.deny ?? false));
      const granted = principal.kind === 'root' ? true : anyOf(formulas.map(allow));
      const allowed = allOf([granted, ...limits.map(allow), ...deny]);
      return pair.onlyWith === undefined ? allowed : anyOf([this.#formulas.without(pair.onlyWith), allowed]);
    });
  }

  /** What the policies of a principal say, each once, without those that say nothing of the target. */
  #speaking({ policies }: IndexedPrincipal): readonly PolicyFormula[] {
    const formulas = new Set<PolicyFormula>();
    for (const { policy } of policies) {
      const formula = this.#formulas.of(policy);
      if (formula.speaks) formulas.add(formula);
    }
    return [...formulas];
  }
}
