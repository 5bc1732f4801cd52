import { readOperator } from '../conditions.ts';
import type { StatementView } from './statement-view.ts';

/** Which names of database users and groups a statement reaches, and whether the caller decides them. */

export type LoginResource = 'dbuser' | 'dbgroup';

export interface LoginName {
  /** The name as a glob. Variables of the caller are left as they are written. */
  readonly name: string;
  /** Where it stands in the policy. */
  readonly written: string;
}

const DB_USER_KEY = 'redshift:dbuser';
/** Keys that say who calls, however the request is written. */
const CALLER_VARIABLE = /\$\{\s*(?:aws:(?:username|userid|principaltag\/|sourceidentity)|saml:)/i;
/** The name in the request itself: as a resource it matches whatever was asked for. */
const REQUEST_VARIABLE = /\$\{\s*redshift:dbuser\s*(?:,[^}]*)?\}/gi;

/** The names that the Resource element and the conditions on `redshift:DbUser` leave. NotResource leaves all. */
export function loginNames(view: StatementView, kind: LoginResource, variables: boolean): LoginName[] {
  const { resources } = view;
  if (resources === undefined) return [];
  const reached = resources.negated
    ? [{ name: '*', written: resources.values.join(', ') }]
    : resources.values.flatMap((written) => {
        const name = nameIn(written, kind, variables);
        return name === undefined ? [] : [{ name, written }];
      });
  const chosen = kind === 'dbuser' && reached.length > 0 ? namesInConditions(view) : undefined;
  return chosen ?? reached;
}

export function isEveryName({ name }: LoginName): boolean {
  return /^\?*\*[*?]*$/.test(name);
}

/** Whether the name leaves a choice that the caller's identity does not make. */
export function isOpenName({ name }: LoginName): boolean {
  return /[*?]/.test(name) && !CALLER_VARIABLE.test(name);
}

/** Whether a condition ties the caller to the name of the request, such as `aws:userid` to `…:${redshift:DbUser}`. */
export function tiesCaller({ statement }: StatementView): boolean {
  return statement.conditions.some(({ operator, key, values }) => {
    if (isNegated(operator)) return false;
    if (key.toLowerCase() === DB_USER_KEY) return values.every((value) => CALLER_VARIABLE.test(value));
    return CALLER_VARIABLE.test(`\${${key}`) && values.every((value) => value.search(REQUEST_VARIABLE) >= 0);
  });
}

function namesInConditions({ statement }: StatementView): LoginName[] | undefined {
  const clause = statement.conditions.find(
    ({ operator, key }) => key.toLowerCase() === DB_USER_KEY && /^String(?:Equals|Like)/.test(operator),
  );
  return clause?.values.map((value) => ({
    name: clause.operator.startsWith('StringLike') ? value : value.replace(/[*?]/g, 'x'),
    written: value,
  }));
}

function isNegated(operator: string): boolean {
  const use = readOperator(operator);
  return use !== undefined && (use.operator === 'Null' || use.operator.negated);
}

/** The glob of names that a Resource text reaches, or undefined if it is about something else. */
function nameIn(resource: string, kind: LoginResource, variables: boolean): string | undefined {
  const [, , service, , , type, ...rest] = resource.split(':');
  if (resource === '*') return '*';
  if (service !== 'redshift') return undefined;
  if (type === undefined) return '*';
  const isWholeType = rest.length === 0;
  if (isWholeType) {
    const head = type.replace(/[*?].*$/, '');
    return type.endsWith('*') && kind.startsWith(head) ? '*' : undefined;
  }
  if (!globIsAbout(type, kind)) return undefined;
  const path = rest.join(':');
  const slash = path.indexOf('/');
  if (slash < 0) return path.includes('*') ? path.slice(path.indexOf('*')) : undefined;
  const name = path.slice(slash + 1);
  return variables ? name.replace(REQUEST_VARIABLE, '*') : name;
}

function globIsAbout(type: string, kind: string): boolean {
  return type === kind || (/[*?]/.test(type) && kind.startsWith(type.replace(/[*?].*$/, '')));
}
