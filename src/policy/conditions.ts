import { ipRangeContains, parseIpAddress, parseIpRange } from '../core/ip-range.ts';
import { decodeBase64 } from './base64.ts';
import { type RequestContext, valuesOf } from './context.ts';
import { compareDecimals, parseDecimal } from './decimal.ts';
import { parseInstant } from './instant.ts';
import { syntaxError } from './malformed-policy.ts';
import { type Flavor, foldCase, literalText, type Pattern, parsePattern, patternMatches } from './pattern.ts';

/**
 * The Condition element: one table of operators, and how a clause is compiled and tested.
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */

/** One key of one operator block: `"StringEquals": { "aws:username": ["a", "b"] }`. */
export interface ConditionClause {
  /** As written, with quantifier and `IfExists`: `ForAllValues:StringLikeIfExists`. */
  readonly operator: string;
  /** As written. */
  readonly key: string;
  readonly values: readonly string[];
}

/** A compiled clause. */
export interface Condition {
  readonly clause: ConditionClause;
  /** Throws `OversizedContext`. */
  holds(context: RequestContext): boolean;
}

/** Whether one value of the request is matched by one of the policy's values. */
type ValueTest = (requestValue: string, context: RequestContext) => boolean;

interface Operator {
  /** A negated operator holds for a value that no value of the policy matches, and for an absent key. */
  readonly negated: boolean;
  /** False for a value of a policy that nothing could ever be compared with. */
  accepts(policyValue: string): boolean;
  compile(policyValues: readonly string[], variables: boolean): ValueTest;
}

const OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ['StringEquals', textual('exact')],
  ['StringNotEquals', not(textual('exact'))],
  ['StringEqualsIgnoreCase', textual('exact', { ignoreCase: true })],
  ['StringNotEqualsIgnoreCase', not(textual('exact', { ignoreCase: true }))],
  ['StringLike', textual('glob')],
  ['StringNotLike', not(textual('glob'))],
  ['NumericEquals', numeric((order) => order === 0)],
  ['NumericNotEquals', not(numeric((order) => order === 0))],
  ['NumericLessThan', numeric((order) => order < 0)],
  ['NumericLessThanEquals', numeric((order) => order <= 0)],
  ['NumericGreaterThan', numeric((order) => order > 0)],
  ['NumericGreaterThanEquals', numeric((order) => order >= 0)],
  ['DateEquals', date((order) => order === 0)],
  ['DateNotEquals', not(date((order) => order === 0))],
  ['DateLessThan', date((order) => order < 0)],
  ['DateLessThanEquals', date((order) => order <= 0)],
  ['DateGreaterThan', date((order) => order > 0)],
  ['DateGreaterThanEquals', date((order) => order >= 0)],
  ['Bool', compared(parseBoolean, parseBoolean, (request, policy) => request === policy)],
  ['BinaryEquals', compared(decodeBase64, decodeBase64, (request, policy) => request === policy)],
  ['IpAddress', ipAddress()],
  ['NotIpAddress', not(ipAddress())],
  ['ArnEquals', textual('segments', { only: isArn })],
  ['ArnLike', textual('segments', { only: isArn })],
  ['ArnNotEquals', not(textual('segments', { only: isArn }))],
  ['ArnNotLike', not(textual('segments', { only: isArn }))],
]);

/** Tests presence instead of values; takes neither quantifier nor `IfExists`. */
const NULL_OPERATOR = 'Null';

const OPERATOR_NAME = /^(?:(ForAllValues|ForAnyValue):)?([A-Za-z]+?)(IfExists)?$/;

/** A comparison of texts, in which policy variables are substituted. Values that fail `only` match nothing. */
function textual(
  flavor: Flavor,
  { ignoreCase = false, only }: { ignoreCase?: boolean; only?: (value: string) => boolean } = {},
): Operator {
  return {
    negated: false,
    accepts: () => true,
    compile(policyValues, variables) {
      const literals = new Set<string>();
      const patterns: Pattern[] = [];
      for (const value of policyValues) {
        const pattern = parsePattern(value, { flavor, variables, ignoreCase });
        const literal = literalText(pattern);
        if (literal === undefined) patterns.push(pattern);
        else literals.add(literal);
      }
      return (requestValue, context) => {
        if (only !== undefined && !only(requestValue)) return false;
        const text = ignoreCase ? foldCase(requestValue) : requestValue;
        if (literals.has(text)) return true;
        for (const pattern of patterns) if (patternMatches(pattern, text, context)) return true;
        return false;
      };
    },
  };
}

/** A comparison of parsed values. What cannot be parsed, on either side, matches nothing. */
function compared<Request, Policy>(
  parseRequest: (text: string) => Request | undefined,
  parsePolicy: (text: string) => Policy | undefined,
  holds: (request: Request, policy: Policy) => boolean,
): Operator {
  return {
    negated: false,
    accepts: (policyValue) => parsePolicy(policyValue) !== undefined,
    compile(policyValues) {
      const parsed: Policy[] = [];
      for (const value of policyValues) {
        const policy = parsePolicy(value);
        if (policy !== undefined) parsed.push(policy);
      }
      return (requestValue) => {
        const request = parseRequest(requestValue);
        return request !== undefined && parsed.some((policy) => holds(request, policy));
      };
    },
  };
}

function numeric(holds: (order: number) => boolean): Operator {
  return compared(parseDecimal, parseDecimal, (request, policy) => holds(compareDecimals(request, policy)));
}

function date(holds: (order: number) => boolean): Operator {
  return compared(parseInstant, parseInstant, (request, policy) => holds(request - policy));
}

function ipAddress(): Operator {
  return compared(parseIpAddress, parseIpRange, (address, range) => ipRangeContains(range, address));
}

function not(operator: Operator): Operator {
  return { ...operator, negated: true };
}

function parseBoolean(text: string): boolean | undefined {
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  return lower === 'false' ? false : undefined;
}

/** An ARN has six components; the sixth may hold more colons. */
function isArn(text: string): boolean {
  return /^arn:(?:[^:]*:){4}/.test(text);
}

/** An operator as a clause uses it. */
export interface OperatorUse {
  /** Without quantifier and `IfExists`. */
  readonly base: string;
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly operator: Operator | typeof NULL_OPERATOR;
  readonly ifExists: boolean;
}

/** Takes the name of an operator apart; undefined if there is no such operator. */
export function readOperator(name: string): OperatorUse | undefined {
  if (name === NULL_OPERATOR) {
    return { base: name, quantifier: undefined, operator: NULL_OPERATOR, ifExists: false };
  }
  const [, quantifier, base = '', ifExists] = OPERATOR_NAME.exec(name) ?? [];
  const operator = OPERATORS.get(base);
  if (operator === undefined) return undefined;
  return {
    base,
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : undefined,
    operator,
    ifExists: ifExists !== undefined,
  };
}

/** What is wrong with a clause as it is written, for a person; undefined if nothing is. Variables are not looked at. */
export function clauseProblem(clause: ConditionClause): string | undefined {
  const use = readOperator(clause.operator);
  if (use === undefined) return `unknown condition operator \`${clause.operator}\``;
  const accepts = use.operator === NULL_OPERATOR ? isBooleanText : use.operator.accepts;
  const unusable = clause.values.find((value) => !accepts(value));
  return unusable === undefined
    ? undefined
    : `\`${unusable}\` is not a value that \`${clause.operator}\` can compare`;
}

function isBooleanText(text: string): boolean {
  return parseBoolean(text) !== undefined;
}

/**
 * Compiles a clause. `variables` says whether the document's version has policy variables.
 * Throws `MalformedPolicy` for an unknown operator or a malformed variable.
 */
export function compileCondition(clause: ConditionClause, variables: boolean): Condition {
  const use = readOperator(clause.operator);
  if (use === undefined) throw syntaxError(`unknown condition operator \`${clause.operator}\``);
  const key = clause.key.toLowerCase();
  if (use.operator === NULL_OPERATOR) return { clause, holds: nullTest(key, clause.values) };
  const { negated } = use.operator;
  const matchesOne = use.operator.compile(clause.values, variables);
  const whenAbsent =
    use.ifExists || (use.quantifier === undefined ? negated : use.quantifier === 'ForAllValues');
  // Without a quantifier, one matching value of the request is enough to hold, or to break a negated operator.
  const everyValue = use.quantifier === undefined ? negated : use.quantifier === 'ForAllValues';
  const holds = (context: RequestContext): boolean => {
    const values = valuesOf(context, key);
    if (values === undefined) return whenAbsent;
    for (const value of values) {
      const isMatch = matchesOne(value, context) !== negated;
      if (isMatch !== everyValue) return isMatch;
    }
    return everyValue;
  };
  return { clause, holds };
}

function nullTest(key: string, values: readonly string[]): Condition['holds'] {
  const wanted = new Set(values.map(parseBoolean));
  return (context) => wanted.has(valuesOf(context, key) === undefined);
}
