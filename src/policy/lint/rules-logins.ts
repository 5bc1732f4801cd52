// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables look like templates.
import { parsePattern, patternMatches } from '../pattern.ts';
import type { LintRule, LintSubject, Spot } from './finding.ts';
import { isEveryName, isOpenName, type LoginName, loginNames, tiesCaller } from './login-names.ts';
import { isEverything, requiresKey, type StatementView } from './statement-view.ts';

/** What a policy gives away of logins: who may become whom, in which database, in which groups. */

const GET = 'redshift:getclustercredentials';
const NOTHING = new Map<string, readonly string[]>();

/** The administrator's policy, which the rule `full-access` speaks of. */
function isFullAccess({ statement, resources }: StatementView): boolean {
  return isEverything(resources) && !statement.actions.negated && statement.actions.values.includes('*');
}

function allowing({ statements }: LintSubject, action: string): readonly StatementView[] {
  return statements.filter(
    (view) => view.statement.effect === 'Allow' && view.covers(action) && !isFullAccess(view),
  );
}

function openNames(
  subject: LintSubject,
  view: StatementView,
  isProblem: (name: LoginName) => boolean,
): LoginName[] {
  return tiesCaller(view) ? [] : loginNames(view, 'dbuser', subject.variables).filter(isProblem);
}

/** Whether the policy itself denies a login as this user, under no condition. */
function isDenied({ statements, variables }: LintSubject, superuser: string): boolean {
  return statements.some(
    (view) =>
      view.statement.effect === 'Deny' &&
      view.statement.conditions.length === 0 &&
      view.covers(GET) &&
      view.resources?.negated === false &&
      loginNames(view, 'dbuser', variables).some(({ name }) => globMatches(name, superuser)),
  );
}

/** Every user but the superusers is only many users. */
function deniesSuperusers(subject: LintSubject): boolean {
  return subject.superusers.length > 0 && subject.superusers.every((name) => isDenied(subject, name));
}

const fullAccess: LintRule = {
  id: 'full-access',
  severity: 'note',
  meaning: 'A statement allows every action on every resource.',
  fix: 'Keep such a policy for the administrators of the account.',
  find: ({ statements }) =>
    statements
      .filter((view) => view.statement.effect === 'Allow' && isFullAccess(view))
      .map((view) => ({
        view,
        element: 'Action',
        value: '*',
        explanation:
          'it allows everything, also a login as every database user of every cluster, the master user included',
      })),
};

const loginAsEveryUser: LintRule = {
  id: 'login-as-every-user',
  severity: 'danger',
  meaning: 'A login as every database user of a cluster is allowed, the superusers among them.',
  fix: 'End the resource in the names that are meant, such as `${aws:username}`, or tie `redshift:DbUser` to the caller in a condition.',
  find: (subject) =>
    (deniesSuperusers(subject) ? [] : allowing(subject, GET)).flatMap((view) =>
      openNames(subject, view, isEveryName).map(({ written }) => ({
        view,
        element: 'Resource',
        value: written,
        explanation:
          'it allows a login as every database user, also as the master user and every other superuser',
      })),
    ),
};

const loginReachesSuperuser: LintRule = {
  id: 'login-reaches-superuser',
  severity: 'danger',
  meaning: 'A pattern of database users matches one that is a superuser (where superusers are known).',
  fix: 'Narrow the pattern, or deny the superusers by name.',
  find: (subject) =>
    allowing(subject, GET).flatMap((view) =>
      openNames(subject, view, (name) => !isEveryName(name)).flatMap((name) =>
        subject.superusers
          .filter((superuser) => globMatches(name.name, superuser) && !isDenied(subject, superuser))
          .map((superuser) => ({
            view,
            element: 'Resource' as const,
            value: name.written,
            explanation: `it allows a login as \`${superuser}\`, which is a superuser`,
          })),
      ),
    ),
};

const loginNotTied: LintRule = {
  id: 'login-not-tied-to-caller',
  severity: 'warning',
  meaning: 'A login is allowed as any of several database users, and nothing ties the name to who calls.',
  fix: 'Use `${aws:username}` or `${aws:PrincipalTag/…}` in the resource, or compare `aws:userid` with a text that holds `${redshift:DbUser}`.',
  find: (subject) =>
    allowing(subject, GET).flatMap((view) =>
      openNames(
        subject,
        view,
        (name) => isOpenName(name) && (!isEveryName(name) || deniesSuperusers(subject)),
      ).map(({ written }) => ({
        view,
        element: 'Resource',
        value: written,
        explanation:
          'whoever has it may log in as any of these database users, so the user does not tell who it was',
      })),
    ),
};

const loginAnyDatabase: LintRule = {
  id: 'login-any-database',
  severity: 'warning',
  meaning: 'A login is allowed without the name of a database, and then opens every database of the cluster.',
  fix: 'Add the condition `"StringEquals": { "redshift:DbName": "<database>" }`.',
  find: (subject) =>
    allowing(subject, GET)
      .filter((view) => !requiresKey(view, 'redshift:dbname'))
      .flatMap((view) =>
        loginNames(view, 'dbuser', subject.variables)
          .slice(0, 1)
          .map((name) => [view, name] as const),
      )
      .map(([view, { written }]) => ({
        view,
        element: 'Condition',
        value: written,
        explanation:
          'no condition asks for `redshift:DbName`: a request without a database skips the check of the database, and its password opens all of them',
      })),
};

const joinEveryGroup: LintRule = {
  id: 'join-every-group',
  severity: 'warning',
  meaning: 'Joining every database group of a cluster is allowed.',
  fix: 'Name the groups.',
  find: (subject) =>
    allowing(subject, 'redshift:joingroup').flatMap((view) =>
      loginNames(view, 'dbgroup', subject.variables)
        .filter(isEveryName)
        .map(({ written }) => ({
          view,
          element: 'Resource',
          value: written,
          explanation: 'a login may join every database group, whatever that group may do',
        })),
    ),
};

const createEveryUser: LintRule = {
  id: 'create-every-user',
  severity: 'warning',
  meaning: 'Creating database users of any name is allowed.',
  fix: 'End the resource in the names that are meant, such as `${aws:username}`.',
  find: (subject) =>
    allowing(subject, 'redshift:createclusteruser').flatMap((view) =>
      openNames(subject, view, isEveryName).map(
        ({ written }): Spot => ({
          view,
          element: 'Resource',
          value: written,
          explanation: 'a login with auto-create may make database users of any name',
        }),
      ),
    ),
};

function globMatches(glob: string, text: string): boolean {
  return patternMatches(parsePattern(glob, { flavor: 'glob', variables: false }), text, NOTHING);
}

export const LOGIN_RULES: readonly LintRule[] = [
  fullAccess,
  loginAsEveryUser,
  loginReachesSuperuser,
  loginNotTied,
  loginAnyDatabase,
  joinEveryGroup,
  createEveryUser,
];
