import { hasPolicyVariables, type PolicyDocument, type StatementBase } from './document-model.ts';
import { variableKeys } from './pattern.ts';

/**
 * The condition keys that a document asks for, in conditions and in policy variables, each once (keys are the same
 * whatever their case) and as it is first written.
 */
export function contextKeysOf(documents: Iterable<PolicyDocument>): readonly string[] {
  const keys = new Map<string, string>();
  for (const { version, statements } of documents) {
    for (const statement of statements) {
      for (const key of statementKeys(statement, hasPolicyVariables(version))) {
        if (!keys.has(key.toLowerCase())) keys.set(key.toLowerCase(), key);
      }
    }
  }
  return [...keys.values()];
}

function* statementKeys(
  statement: PolicyDocument['statements'][number],
  variables: boolean,
): Generator<string> {
  if (variables) for (const text of resourcesOf(statement)) yield* variableKeys(text);
  for (const { key, values } of statement.conditions) {
    yield key;
    if (variables) for (const value of values) yield* variableKeys(value);
  }
}

function resourcesOf(
  statement: StatementBase & { readonly resources?: { readonly values: readonly string[] } },
) {
  return statement.resources?.values ?? [];
}
