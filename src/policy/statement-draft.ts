import type { ConditionClause } from './conditions.ts';
import type { Effect, ElementList, StatementPrincipal } from './document-model.ts';
import { isJsonArray, isJsonObject, JsonNumber, type JsonObject, type JsonValue } from './json.ts';
import { syntaxError } from './malformed-policy.ts';

/** Reads the grammar of one statement: which elements there are and what types they have. */

/** A statement whose grammar has been checked, but not what its texts mean nor which elements it must have. */
export interface StatementDraft {
  /** For a person: `statement 2`. */
  readonly place: string;
  readonly sid: string | undefined;
  /** Undefined if the word is right and its case is wrong: IAM has a sentence of its own for that. */
  readonly effect: Effect | undefined;
  readonly actions: ElementList | undefined;
  readonly resources: ElementList | undefined;
  /** Empty if the element is there and names nobody. */
  readonly principals: readonly PrincipalDraft[] | undefined;
  readonly notPrincipals: readonly PrincipalDraft[] | undefined;
  readonly conditions: readonly ConditionClause[];
}

/** A principal whose kind has not been checked. */
export interface PrincipalDraft {
  readonly kind: string;
  readonly name: string;
}

const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

const EVERYBODY: StatementPrincipal = { kind: 'AWS', name: '*' };

/** Reads a statement; `index` counts from zero. Throws `MalformedPolicy`. */
export function readStatementDraft(statement: JsonObject, index: number): StatementDraft {
  const place = `statement ${index + 1}`;
  checkElements(statement, STATEMENT_ELEMENTS, place);
  return {
    place,
    sid: optionalString(statement, 'Sid', place),
    effect: readEffect(statement, place),
    actions: readElementList(statement, 'Action', 'NotAction', place),
    resources: readElementList(statement, 'Resource', 'NotResource', place),
    principals: readPrincipals(statement, 'Principal', place),
    notPrincipals: readPrincipals(statement, 'NotPrincipal', place),
    conditions: readConditions(statement.get('Condition'), place),
  };
}

/** Throws `MalformedPolicy` if `object` has an element that is not in `known`. Element names are case-sensitive. */
export function checkElements(object: JsonObject, known: ReadonlySet<string>, place: string): void {
  for (const element of object.keys()) {
    if (!known.has(element)) throw syntaxError(`${place}: unknown element \`${element}\``);
  }
}

/** The string under `name`, if there is something. Throws `MalformedPolicy` if it is no string. */
export function optionalString(object: JsonObject, name: string, place: string): string | undefined {
  const value = object.get(name);
  if (value === undefined || typeof value === 'string') return value;
  throw syntaxError(`${place}: \`${name}\` is not a string`);
}

function readEffect(statement: JsonObject, place: string): Effect | undefined {
  const effect = statement.get('Effect');
  if (effect === 'Allow' || effect === 'Deny') return effect;
  if (typeof effect === 'string' && /^(?:allow|deny)$/i.test(effect)) return undefined;
  throw syntaxError(`${place}: the effect is neither \`Allow\` nor \`Deny\``);
}

function readElementList(
  statement: JsonObject,
  name: string,
  negatedName: string,
  place: string,
): ElementList | undefined {
  const negated = statement.has(negatedName);
  if (negated && statement.has(name)) throw syntaxError(`${place}: both \`${name}\` and \`${negatedName}\``);
  const used = negated ? negatedName : name;
  const value = statement.get(used);
  return value === undefined ? undefined : { negated, values: readStrings(value, `${place}: \`${used}\``) };
}

function readPrincipals(
  statement: JsonObject,
  element: 'Principal' | 'NotPrincipal',
  place: string,
): readonly PrincipalDraft[] | undefined {
  const value = statement.get(element);
  if (value === undefined) return undefined;
  if (value === '*') return [EVERYBODY];
  if (!isJsonObject(value)) throw syntaxError(`${place}: \`${element}\` is neither \`*\` nor an object`);
  return [...value].flatMap(([kind, names]) =>
    readStrings(names, `${place}: \`${element}\``).map((name) => ({ kind, name })),
  );
}

function readConditions(value: JsonValue | undefined, place: string): readonly ConditionClause[] {
  if (value === undefined) return [];
  if (!isJsonObject(value)) throw syntaxError(`${place}: \`Condition\` is not an object`);
  return [...value].flatMap(([operator, block]) => {
    if (!isJsonObject(block)) throw syntaxError(`${place}: \`${operator}\` is not an object`);
    return [...block].map(([key, values]) => ({
      operator,
      key,
      values: listOf(values).map((item) => readConditionValue(item, `${place}: \`${key}\``)),
    }));
  });
}

/** Numbers and booleans are taken as they are written. */
function readConditionValue(value: JsonValue, place: string): string {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return value;
  throw syntaxError(`${place} has a value that is neither a string, a number nor a boolean`);
}

function readStrings(value: JsonValue, place: string): readonly string[] {
  return listOf(value).map((item) => {
    if (typeof item === 'string') return item;
    throw syntaxError(`${place} is neither a string nor a list of strings`);
  });
}

function listOf(value: JsonValue): readonly JsonValue[] {
  return isJsonArray(value) ? value : [value];
}
