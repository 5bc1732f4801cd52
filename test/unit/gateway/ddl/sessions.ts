import { translate } from '../../../../src/gateway/ddl/translate.ts';

/**
 * Translates in the session of the superuser `boss`, or of another user, of a server with the users `u`, `second` (a
 * superuser too) and `disabled` (without a password) and the group `crowd`, and gives the new text, `unchanged`, or
 * SQLSTATE and message.
 */
export async function outcome(
  sql: string,
  options: {
    readonly currentUser?: string;
    readonly currentIsSuperuser?: boolean;
    readonly underSessionRole?: boolean;
    readonly standardConformingStrings?: boolean;
    readonly onAsk?: (name: string) => void;
  } = {},
): Promise<string> {
  const translation = await translate(sql, {
    standardConformingStrings: options.standardConformingStrings ?? true,
    currentUser: options.currentUser ?? 'boss',
    currentIsSuperuser: options.currentIsSuperuser ?? true,
    underSessionRole: options.underSessionRole ?? false,
    roleFacts: async (name) => {
      options.onAsk?.(name);
      return {
        exists: ['u', 'boss', 'second', 'disabled', 'crowd'].includes(name),
        superuser: name === 'boss' || name === 'second',
        passwordDisabled: name === 'disabled',
        canLogin: name !== 'crowd',
      };
    },
  });
  switch (translation.kind) {
    case 'unchanged':
      return 'unchanged';
    case 'rewritten':
      return translation.sql;
    case 'refused':
      return `${translation.error.sqlState} ${translation.error.message}`;
    default:
      return translation satisfies never;
  }
}
