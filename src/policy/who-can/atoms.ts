import {
  type CompiledPolicy,
  type CompiledStatement,
  compilePolicy,
  type PolicySource,
  resourceApplies,
} from '../compile.ts';
import { type ConditionClause, compileCondition, readOperator } from '../conditions.ts';
import type { RequestContext } from '../context.ts';
import { hasPolicyVariables, type IdentityPolicyDocument } from '../document-model.ts';
import { variableKeys } from '../pattern.ts';
import { type Atom, type Formula, not } from './formula.ts';
import type { Pair } from './subject.ts';

/** Conditions and resources of statements as atoms of formulas. They are decided by the engine's own tests. */

/** A policy with the texts that it was compiled from. */
export interface PreparedPolicy {
  readonly source: PolicySource;
  readonly document: IdentityPolicyDocument;
  readonly compiled: CompiledPolicy;
}

export function preparePolicy(document: IdentityPolicyDocument, source: PolicySource): PreparedPolicy {
  return { source, document, compiled: compilePolicy(document, source) };
}

/** Makes atoms, each once. */
export class Atoms {
  readonly #atoms = new Map<string, Atom>();

  /** All that were made. */
  made(): Iterable<Atom> {
    return this.#atoms.values();
  }

  /** The Resource element of a statement, for one pair. */
  resource(pair: Pair, { document }: PreparedPolicy, index: number, statement: CompiledStatement): Formula {
    const { negated, values: written } = document.statements[index]?.resources ?? NO_RESOURCES;
    if (written.includes('*')) return !negated;
    const variables = hasPolicyVariables(document.version);
    const values = written.filter((value) => beginsAlike(value, pair));
    if (values.length === 0) return negated;
    const id = JSON.stringify(['resource', pair.resource, negated, values, variables]);
    const found = this.#atoms.get(id);
    if (found !== undefined) return found;
    const keys = variables ? values.flatMap((value) => [...variableKeys(value)]) : [];
    return this.#keep({
      kind: 'atom',
      id,
      number: this.#atoms.size,
      reads: unique([...keys, ...(pair.resourceKey === undefined ? [] : [pair.resourceKey])]),
      subject: { kind: 'resource', pair, negated, values, variables },
      holds: (context) => {
        const resource = resourceOf(pair, context);
        return (
          resource !== undefined && resourceApplies(statement, { action: pair.action, resource, context })
        );
      },
    });
  }

  /** A clause. Of an operator and its opposite one becomes the negation of the other. */
  clause(clause: ConditionClause, variables: boolean): Formula {
    const positive = positiveOf(clause);
    return positive === undefined ? this.#clause(clause, variables) : not(this.#clause(positive, variables));
  }

  #clause(clause: ConditionClause, variables: boolean): Formula {
    const { operator, values } = clause;
    const key = clause.key.toLowerCase();
    const id = JSON.stringify(['clause', operator, key, [...values].sort(), variables]);
    const found = this.#atoms.get(id);
    if (found !== undefined) return found;
    const { holds } = compileCondition(clause, variables);
    const keys = variables ? values.flatMap((value) => [...variableKeys(value)]) : [];
    return this.#keep({
      kind: 'atom',
      id,
      number: this.#atoms.size,
      reads: unique([key, ...keys]),
      subject: { kind: 'clause', clause, variables },
      holds,
    });
  }

  #keep(atom: Atom): Atom {
    this.#atoms.set(atom.id, atom);
    return atom;
  }
}

const NO_RESOURCES = { negated: false, values: [] } as const;

/** False if the text differs from what the pair is about before its first wildcard or variable. */
function beginsAlike(value: string, { resource, resourceKey }: Pair): boolean {
  const head = value.replace(/(?:[*?]|\$\{).*$/s, '');
  if (resource.startsWith(head))
    return head.length < value.length || resource === head || resourceKey !== undefined;
  return resourceKey !== undefined && head.startsWith(resource);
}

/** The clause whose opposite this one is, if it is one: an absent key fails the one and meets the other. */
function positiveOf(clause: ConditionClause): ConditionClause | undefined {
  const use = readOperator(clause.operator);
  if (use === undefined || use.quantifier !== undefined) return undefined;
  if (use.operator === 'Null') {
    const asksForPresence = clause.values.every((value) => value.toLowerCase() === 'false');
    return asksForPresence && clause.values.length > 0 ? { ...clause, values: ['true'] } : undefined;
  }
  return use.operator.negated ? { ...clause, operator: use.base.replace('Not', '') } : undefined;
}

/** The ARN that a pair is about, or undefined if the request lacks the key that ends it. */
function resourceOf({ resource, resourceKey }: Pair, context: RequestContext): string | undefined {
  if (resourceKey === undefined) return resource;
  const [value] = context.get(resourceKey) ?? [];
  return value === undefined ? undefined : resource + value;
}

function unique(keys: readonly string[]): readonly string[] {
  return [...new Set(keys.map((key) => key.toLowerCase()))];
}
