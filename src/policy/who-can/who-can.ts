import type { RequestContext } from '../context.ts';
import type { AccountIndex, IndexedPrincipal } from './account-index.ts';
import type { PreparedPolicy } from './atoms.ts';
import { allOf, anyOf, atomsOf, type Formula, not } from './formula.ts';
import { type PairFormula, PolicyFormulas } from './policy-formulas.ts';
import { known, type Satisfied, type Setting, satisfy } from './satisfy.ts';
import { contextOver, isPrincipalKey, type Target, unknownsByKey } from './target.ts';
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
  readonly #numbers = new Map<PreparedPolicy, number>();
  readonly #decided = new Map<string, Decided>();

  constructor(index: AccountIndex, target: Target) {
    this.#index = index;
    this.target = target;
    this.#formulas = new PolicyFormulas(target);
  }

  /** The principals from place `from` on, at most `max` of them. */
  page(from: number, max: number): Page {
    const granting = [...this.#index.policies()].filter(
      (policy) => this.#formulas.of(policy)[0]?.allow !== false,
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
    const speaking = principal.policies.filter(({ policy }) => this.#speaks(policy));
    const grants = speaking.filter(({ policy }) =>
      this.#formulas.of(policy).some(({ allow }) => allow !== false),
    );
    const key = this.#keyOf(
      principal,
      speaking.map(({ policy }) => policy),
    );
    const found = this.#decided.get(key);
    if (found !== undefined) return { principal, grants, ...found };
    const general = this.#formulaOf(
      principal,
      speaking.map(({ policy }) => policy),
    );
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

  /** Limits everybody in the account. */
  get guardrail(): PreparedPolicy | undefined {
    return this.#index.account.guardrail;
  }

  /** What a policy says of each pair of the target. */
  formulasOf(policy: PreparedPolicy): readonly PairFormula[] {
    return this.#formulas.of(policy);
  }

  /** What is known of the requests of a principal. */
  setting({ keys, unknownOf }: IndexedPrincipal): Setting {
    const ofRequest = unknownsByKey(this.target.unknowns);
    const context: RequestContext = contextOver(keys, this.target.known);
    return { context, unknownOf: (key) => ofRequest(key) ?? unknownOf(key) };
  }

  /** When each pair is allowed, in the order of the target. */
  pairFormulas(principal: IndexedPrincipal, policies: readonly PreparedPolicy[]): readonly Formula[] {
    const { guardrail } = this;
    return this.target.pairs.map((pair, at) => {
      const limits = [principal.boundary, guardrail].filter((policy) => policy !== undefined);
      const deny = [...policies, ...limits].map((policy) =>
        not(this.#formulas.of(policy)[at]?.deny ?? false),
      );
      const allow = (policy: PreparedPolicy): Formula => this.#formulas.of(policy)[at]?.allow ?? false;
      const granted = principal.kind === 'root' ? true : anyOf(policies.map(allow));
      const allowed = allOf([granted, ...limits.map(allow), ...deny]);
      return pair.onlyWith === undefined ? allowed : anyOf([this.#formulas.without(pair.onlyWith), allowed]);
    });
  }

  #formulaOf(principal: IndexedPrincipal, policies: readonly PreparedPolicy[]): Formula {
    return allOf(this.pairFormulas(principal, policies));
  }

  #speaks(policy: PreparedPolicy): boolean {
    return this.#formulas.of(policy).some(({ allow, deny }) => allow !== false || deny !== false);
  }

  #keyOf(principal: IndexedPrincipal, policies: readonly PreparedPolicy[]): string {
    const numbers = [...new Set(policies)].map((policy) => this.#numberOf(policy)).sort((a, b) => a - b);
    const boundary = principal.boundary === undefined ? '' : this.#numberOf(principal.boundary);
    return `${principal.kind} ${boundary} ${numbers.join(',')}`;
  }

  #numberOf(policy: PreparedPolicy): number {
    const known = this.#numbers.get(policy);
    if (known !== undefined) return known;
    this.#numbers.set(policy, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}
