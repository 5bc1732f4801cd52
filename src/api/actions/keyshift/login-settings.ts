import type { AccountLoginSettings, LoginSettings } from '../../../redshift/login-settings.ts';
import type { Action } from '../../action.ts';
import type * as wire from '../../services/keyshift.ts';

/** The rows of Keyshift's table about what an account has decided about all logins. */
export interface LoginSettingsDeps {
  readonly loginSettings: AccountLoginSettings;
}

const getLoginSettings: Action<LoginSettingsDeps, unknown, wire.LoginSettings> = {
  permissions: () => [{ action: 'keyshift:GetLoginSettings', resource: '*' }],
  run: async ({ loginSettings }, _input, caller) =>
    toWire(await loginSettings.get(caller.principal.accountId)),
  changes: false,
};

const putLoginSettings: Action<LoginSettingsDeps, wire.LoginSettings, wire.LoginSettings> = {
  permissions: () => [{ action: 'keyshift:PutLoginSettings', resource: '*' }],
  run: async ({ loginSettings }, input, caller) => {
    const settings = {
      sessionSeconds: input.SessionSeconds,
      endSessionsAtExpiry: input.EndSessionsAtExpiry ?? false,
      revokeOnRemoval: input.RevokeOnRemoval ?? false,
    };
    caller.note({ settings });
    await loginSettings.put(caller.principal.accountId, settings);
    return toWire(settings);
  },
  changes: true,
};

export const loginSettingsActions = {
  GetLoginSettings: getLoginSettings,
  PutLoginSettings: putLoginSettings,
} as const;

function toWire({ sessionSeconds, endSessionsAtExpiry, revokeOnRemoval }: LoginSettings): wire.LoginSettings {
  return {
    SessionSeconds: sessionSeconds,
    EndSessionsAtExpiry: endSessionsAtExpiry,
    RevokeOnRemoval: revokeOnRemoval,
  };
}
