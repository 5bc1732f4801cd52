// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { hasVariable, parsePattern } from '../pattern.ts';
import type { LintRule, LintSubject, Spot } from './finding.ts';
import { actionsMatching, type StatementView } from './statement-view.ts';

/** Elements that mean something else than they seem to: NotAction, NotResource, variables, names of actions. */

const VARIABLE = /\$\{[^}]*\}/;

const allowNotAction: LintRule = {
  id: 'allow-not-action',
  severity: 'warning',
  meaning: 'An Allow has NotAction, so that it allows what nobody thought of, also actions that come later.',
  fix: 'List what is allowed in `Action`, or turn the statement into a Deny.',
  find: (subject) =>
    allows(subject)
      .filter(({ statement }) => statement.actions.negated)
      .map((view) => ({
        view,
        element: 'Action',
        value: view.statement.actions.values.join(', '),
        explanation: 'it allows every action of every service but these',
      })),
};

const allowNotResource: LintRule = {
  id: 'allow-not-resource',
  severity: 'warning',
  meaning: 'An Allow has NotResource, so that it allows resources that nobody thought of.',
  fix: 'List what is allowed in `Resource`, or deny the exceptions in a statement of their own.',
  find: (subject) =>
    allows(subject)
      .filter(({ resources }) => resources?.negated === true)
      .map((view) => ({
        view,
        element: 'Resource',
        value: view.resources?.values.join(', '),
        explanation: 'it allows every resource but these, also those that are made later',
      })),
};

const allowNotResourceVariable: LintRule = {
  id: 'allow-not-resource-variable',
  severity: 'danger',
  meaning: 'An Allow has a variable in NotResource: while the variable has no value, nothing is excluded.',
  fix: "List what is allowed in `Resource`, or give the variable a default: `${key, 'default'}`.",
  find: (subject) =>
    allows(subject).flatMap((view): readonly Spot[] => {
      if (view.resources?.negated !== true) return [];
      const risky = view.resources.values.find((text) =>
        hasVariable(parsePattern(text, { flavor: 'resource', variables: subject.variables })),
      );
      if (risky === undefined) return [];
      const explanation = `\`${risky}\` in \`NotResource\` excludes nothing for a request in which its variable has no value`;
      return [{ view, element: 'Resource', value: risky, explanation }];
    }),
};

const variableWithoutVersion: LintRule = {
  id: 'variable-without-version',
  severity: 'warning',
  meaning: 'A document of version 2008-10-17, or without a version, has `${…}`, which is plain text there.',
  fix: 'Write `"Version": "2012-10-17"`.',
  find: ({ variables, statements }) =>
    variables
      ? []
      : statements.flatMap((view) =>
          textsOf(view)
            .filter(([, text]) => VARIABLE.test(text))
            .map(([element, text]) => ({
              view,
              element,
              value: text,
              explanation:
                'variables came with version 2012-10-17: here this is compared character by character',
            })),
        ),
};

const unknownAction: LintRule = {
  id: 'unknown-action',
  severity: 'warning',
  meaning: 'A service that is known has no such action.',
  fix: 'Correct the name; the Service Authorization Reference lists them.',
  find: ({ statements, catalog }) => {
    let guesses = 0;
    return statements.flatMap((view) =>
      view.statement.actions.values.flatMap((text): readonly Spot[] => {
        const [service = '', name = ''] = text.toLowerCase().split(':');
        const actions = catalog.get(service);
        if (text === '*' || actions === undefined || actionsMatching(name, actions.keys()).length > 0)
          return [];
        guesses += 1;
        const names = guesses > GUESSES_MAX ? [] : [...actions.values()].map((action) => action.name);
        const nearest = nearestTo(name, names);
        const hint = nearest === undefined ? '' : `; did you mean \`${service}:${nearest}\`?`;
        const explanation = `\`${service}\` has no action of this name${hint}`;
        return [{ view, element: 'Action', value: text, explanation }];
      }),
    );
  },
};

const unknownService: LintRule = {
  id: 'service-not-here',
  severity: 'note',
  meaning: 'The service is none that Keyshift has, so that the statement has no effect here.',
  fix: 'Nothing, if the policy is shared with AWS; otherwise remove the action.',
  find: ({ statements, catalog }) =>
    statements.flatMap((view) =>
      [...new Set(view.statement.actions.values.map(serviceIn))]
        .filter((service) => service !== '*' && !catalog.has(service))
        .map((service) => ({
          view,
          element: 'Action' as const,
          value: service,
          explanation: `Keyshift has no service \`${service}\``,
        })),
    ),
};

const actionWithoutResource: LintRule = {
  id: 'action-without-resource',
  severity: 'warning',
  meaning:
    'No resource of the statement is of a type that the action has, so that the statement never applies to it.',
  fix: 'Put the action into a statement of its own with the resources that it has.',
  find: (subject) =>
    subject.statements.flatMap((view) =>
      knownActions(subject, view).flatMap(([written, action]): readonly Spot[] => {
        if (view.resources === undefined || view.resources.negated || action.resources.length === 0)
          return [];
        if (view.resources.values.some((text) => mayBeOneOf(text, action.resources))) return [];
        const types = action.resources.map((prefix) => `\`${prefix}…\``).join(', ');
        return [
          {
            view,
            element: 'Resource',
            value: written,
            explanation: `${action.name} is about ${types}: no resource of the statement is one`,
          },
        ];
      }),
    ),
};

const resourceWithoutAction: LintRule = {
  id: 'resource-without-action',
  severity: 'note',
  meaning: 'A resource is of a type that no action of the statement has.',
  fix: 'Remove the resource, or add the action that it was meant for.',
  find: (subject) =>
    subject.statements.flatMap((view) => {
      const actions = knownActions(subject, view).map(([, action]) => action);
      const all = view.statement.actions.values.length;
      if (view.resources === undefined || view.resources.negated || view.statement.actions.negated) return [];
      // Only where every action is known and has a type, nothing else can have been meant.
      if (actions.length !== all || actions.some(({ resources }) => resources.length === 0)) return [];
      return view.resources.values
        .filter((text) => !actions.some(({ resources }) => mayBeOneOf(text, resources)))
        .map((value) => ({
          view,
          element: 'Resource' as const,
          value,
          explanation: 'no action of the statement is about a resource of this type',
        }));
    }),
};

function serviceIn(action: string): string {
  return action.toLowerCase().split(':')[0] ?? '';
}

/** The actions that are written without wildcards and are known, as they are written. */
function knownActions({ catalog }: LintSubject, { statement }: StatementView) {
  if (statement.actions.negated) return [];
  return statement.actions.values.flatMap((written) => {
    const [service = '', name = ''] = written.toLowerCase().split(':');
    const action = catalog.get(service)?.get(name);
    return action === undefined ? [] : [[written, action] as const];
  });
}

/** Whether a Resource text can match an ARN whose sixth component begins with one of the prefixes. */
function mayBeOneOf(resource: string, prefixes: readonly string[]): boolean {
  const type = resource.split(':').slice(5).join(':');
  if (resource === '*' || type === '') return true;
  const fixed = type.replace(/(?:[*?]|\$\{).*$/s, '');
  const isOpen = fixed.length < type.length;
  return prefixes.some((prefix) => fixed.startsWith(prefix) || (isOpen && prefix.startsWith(fixed)));
}

function textsOf({ statement, resources }: StatementView): (readonly ['Resource' | 'Condition', string])[] {
  return [
    ...(resources?.values ?? []).map((text) => ['Resource', text] as const),
    ...statement.conditions.flatMap(({ values }) => values.map((text) => ['Condition', text] as const)),
  ];
}

function allows({ statements }: LintSubject): readonly StatementView[] {
  return statements.filter(
    ({ statement, resources }) => statement.effect === 'Allow' && resources !== undefined,
  );
}

/** A guess compares with every action of the service. */
const GUESSES_MAX = 20;

/** Names up to this many edits apart are shown as a guess. */
const EDITS_MAX = 3;

/** The name that differs from `text` (lower case) by the fewest edits, if it is near. */
function nearestTo(text: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let fewest = EDITS_MAX + 1;
  for (const name of names) {
    if (Math.abs(name.length - text.length) >= fewest) continue;
    const edits = editDistance(text, name.toLowerCase());
    if (edits < fewest) [best, fewest] = [name, edits];
  }
  return best;
}

/** Levenshtein's distance, by rows. */
function editDistance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let line = 1; line <= left.length; line++) {
    const next = [line];
    for (let column = 1; column <= right.length; column++) {
      const change = left[line - 1] === right[column - 1] ? 0 : 1;
      next.push(
        Math.min((row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1, (row[column - 1] ?? 0) + change),
      );
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

export const ELEMENT_RULES: readonly LintRule[] = [
  allowNotAction,
  allowNotResource,
  allowNotResourceVariable,
  variableWithoutVersion,
  unknownAction,
  unknownService,
  actionWithoutResource,
  resourceWithoutAction,
];
