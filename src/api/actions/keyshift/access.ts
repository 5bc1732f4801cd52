import type { Clock } from '../../../core/clock.ts';
import { AwsError } from '../../../core/errors.ts';
import { endSessions } from '../../../iam/end-sessions.ts';
import type { Iam } from '../../../iam/iam.ts';
import {
  clusterNotFound,
  invalidParameterCombination,
  invalidParameterValue,
} from '../../../redshift/errors.ts';
import type { NewRevocation } from '../../../redshift/revocations.ts';
import type { Action, Caller } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';
import type { LiveAccess } from './deps.ts';

/** The rows of Keyshift's table about sessions and revocations. */
export interface AccessDeps {
  readonly access: LiveAccess;
  readonly clock: Clock;
  readonly iam: Iam;
}

const listSessions: Action<AccessDeps, unknown, wire.ListSessionsResponse> = {
  permissions: () => [{ action: 'keyshift:ListSessions', resource: '*' }],
  run: async ({ access }, _input, caller) => {
    const { sessions, silent } = await access.sessions(caller.principal.accountId);
    return { Lines: sessions.map((session) => JSON.stringify(session)), SilentNodes: silent };
  },
  changes: false,
};

const killSession: Action<AccessDeps, wire.KillSessionRequest, wire.KillSessionResponse> = {
  permissions: () => [{ action: 'keyshift:KillSession', resource: '*' }],
  run: async ({ access }, { SessionId, Reason = '' }, caller) => {
    caller.note({ sessionId: SessionId, killReason: Reason });
    const { found, silent } = await access.kill(caller.principal.accountId, SessionId, Reason);
    if (!found) throw noSuchSession(SessionId, silent);
    return { SilentNodes: silent };
  },
  changes: false,
};

const revokeAccess: Action<AccessDeps, wire.RevokeAccessRequest, wire.RevokeAccessResponse> = {
  permissions: () => [{ action: 'keyshift:RevokeAccess', resource: '*' }],
  run: async ({ access, clock, iam }, input, caller) => {
    const wanted = toRevocation(input, caller, clock.now());
    caller.note({ kind: wanted.kind, subject: wanted.subject, revokeReason: wanted.reason });
    // First of all, so that nobody gets a new login with temporary credentials that end now.
    const owner = input.RoleArn ?? input.PrincipalArn;
    if (owner !== undefined && wanted.cluster === undefined) {
      await endSessions(iam, wanted.accountId, owner, wanted.issuedBefore);
    }
    const { entry, ended, silent } = await access.revoke(wanted);
    caller.note({ revocationId: entry.revocationId, sessionsEnded: ended });
    return {
      RevocationId: entry.revocationId,
      IssuedBefore: entry.issuedBefore,
      EndsAt: entry.endsAt,
      SessionsEnded: ended,
      SilentNodes: silent,
    };
  },
  changes: true,
};

const listRevocations: Action<AccessDeps, unknown, wire.ListRevocationsResponse> = {
  permissions: () => [{ action: 'keyshift:ListRevocations', resource: '*' }],
  run: async ({ access }, _input, caller) => {
    const entries = await access.revocations(caller.principal.accountId);
    return { Lines: entries.map((entry) => JSON.stringify(entry)) };
  },
  changes: false,
};

const reconcile: Action<AccessDeps, wire.ReconcileRequest, wire.ReconcileResponse> = {
  permissions: () => [{ action: 'keyshift:Reconcile', resource: '*' }],
  run: async ({ access }, { ClusterIdentifier, Remove = false }, caller) => {
    const answers = await access.reconcile(caller.principal.accountId, ClusterIdentifier, Remove);
    if (answers.length === 0) throw clusterNotFound(ClusterIdentifier);
    const all = (what: 'found' | 'dropped' | 'kept') => [
      ...new Set(answers.flatMap((answer) => answer[what])),
    ];
    const [Found, Dropped, Kept] = [all('found'), all('dropped'), all('kept')];
    caller.note({ cluster: ClusterIdentifier, found: Found.length, dropped: Dropped, kept: Kept });
    return { Found, Dropped, Kept };
  },
  changes: false,
};

export const accessActions = {
  Reconcile: reconcile,
  ListSessions: listSessions,
  KillSession: killSession,
  RevokeAccess: revokeAccess,
  ListRevocations: listRevocations,
} as const;

/** Names exactly one subject, or only a time. Throws InvalidParameterCombination or InvalidParameterValue. */
function toRevocation(input: wire.RevokeAccessRequest, caller: Caller, now: Date): NewRevocation {
  const subjects = (
    [
      ['credential', input.CredentialId],
      ['principal', input.PrincipalArn],
      ['role', input.RoleArn],
      ['db-user', input.DbUser],
    ] as const
  ).flatMap(([kind, subject]) => (subject === undefined ? [] : [{ kind, subject }]));
  const [named, ...others] = subjects;
  if (others.length > 0 || (named === undefined && input.IssuedBefore === undefined)) {
    throw invalidParameterCombination(
      'Name one of CredentialId, PrincipalArn, RoleArn and DbUser, or only IssuedBefore.',
    );
  }
  const { accountId } = caller.principal;
  const arn = input.PrincipalArn ?? input.RoleArn;
  if (arn !== undefined && arn.split(':')[4] !== accountId) {
    throw invalidParameterValue('The ARN is not one of this account.');
  }
  if (input.IssuedBefore !== undefined && input.IssuedBefore > now) {
    throw invalidParameterValue(
      'IssuedBefore must not lie in the future: it would refuse logins that are not issued yet.',
    );
  }
  return {
    accountId,
    kind: named?.kind ?? 'all',
    subject: named?.subject ?? '',
    cluster: input.ClusterIdentifier,
    issuedBefore: wholeSecondAfter(input.IssuedBefore ?? now),
    reason: input.Reason ?? '',
    revokedBy: caller.principal.arn,
  };
}

/** Credentials tell the second of their issue, so all of that second are meant. */
function wholeSecondAfter(at: Date): Date {
  return new Date((Math.floor(at.getTime() / 1000) + 1) * 1000);
}

function noSuchSession(sessionId: string, silent: number): AwsError {
  const unheard = silent === 0 ? '' : ` ${silent} node(s) did not answer.`;
  return new AwsError('NoSuchSession', 404, `There is no session ${sessionId}.${unheard}`);
}
