import type { RequestContext } from '../context.ts';
import type { QuestionCache } from './question-cache.ts';
import { type Assignment, assignedValues, type UnknownOf } from './unknown.ts';

/** What formulas are asked about. */
export interface Setting {
  /** What is known of every request. */
  readonly context: RequestContext;
  readonly unknownOf: UnknownOf;
  readonly cache?: QuestionCache;
  /** Whether a key (in lower case) depends on who is asked about. */
  readonly isPersonal?: (key: string) => boolean;
}

/** The context of a request of which some unknowns are assigned. */
export function contextWith({ context, unknownOf }: Setting, assignment: Assignment): RequestContext {
  return { get: (key) => assignedValues(assignment, unknownOf, key) ?? context.get(key) };
}
