import { auditLines } from '../../../audit/reader.ts';
import type { MovableClock } from '../../../core/clock.ts';
import { AwsError } from '../../../core/errors.ts';
import type { Store } from '../../../store/database.ts';
import { saveClockOffset } from '../../../store/installation.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';
import { type AccessDeps, accessActions } from './access.ts';
import { type AccountDeps, accountActions, onlyManagement } from './accounts.ts';
import { explainDecisionAction } from './explain-decision.ts';
import { type GuardrailDeps, guardrailActions } from './guardrail.ts';
import { lintPolicyAction } from './lint-policy.ts';
import { type LoginSettingsDeps, loginSettingsActions } from './login-settings.ts';
import { type WhoCanDeps, whoCanActions } from './who-can.ts';

/** What the rows of Keyshift's own table work with. */
export interface KeyshiftDeps extends AccessDeps, AccountDeps, GuardrailDeps, LoginSettingsDeps, WhoCanDeps {
  readonly store: Store;
  /** Undefined unless the installation was made with a clock that can be moved. */
  readonly movableClock: MovableClock | undefined;
}

const PAGE_DEFAULT = 100;

const getAuditEvents: Action<KeyshiftDeps, wire.GetAuditEventsRequest, wire.GetAuditEventsResponse> = {
  permissions: () => [{ action: 'keyshift:GetAuditEvents', resource: '*' }],
  run: async ({ store }, input, caller) => {
    const lines: string[] = [];
    const range = {
      accountId: caller.principal.accountId,
      afterSequence: BigInt(input.AfterSequence ?? 0),
      limit: input.MaxItems ?? PAGE_DEFAULT,
    };
    let last: string | undefined;
    for await (const event of auditLines(store, range)) {
      lines.push(event.line);
      last = event.sequence;
    }
    return { Lines: lines, ...(last === undefined ? {} : { LastSequence: last }) };
  },
  changes: false,
};

const moveClock: Action<KeyshiftDeps, wire.MoveClockRequest, wire.MoveClockResponse> = {
  permissions: (deps, _input, caller) => onlyManagement(deps, caller, 'keyshift:MoveClock'),
  run: async ({ store, movableClock }, input) => {
    if (movableClock === undefined) {
      throw new AwsError(
        'InvalidClockState',
        400,
        'The clock can only be moved after `keyshift start --test-clock`.',
      );
    }
    movableClock.moveTo(movableClock.offsetMs + input.BySeconds * 1000);
    await saveClockOffset(store, movableClock.offsetMs);
    return { Now: movableClock.now(), OffsetSeconds: Math.round(movableClock.offsetMs / 1000) };
  },
  changes: false,
};

/** Keyshift's own operations, by name. */
export const keyshiftActions = {
  ExplainDecision: explainDecisionAction,
  GetAuditEvents: getAuditEvents,
  LintPolicy: lintPolicyAction,
  MoveClock: moveClock,
  ...accountActions,
  ...guardrailActions,
  ...accessActions,
  ...loginSettingsActions,
  ...whoCanActions,
} as const;
