import { translate } from '../../../../src/gateway/ddl/translate.ts';

/**
 * Translates in the session of a superuser of a server with the users `u`, `boss` (a superuser) and `disabled` (without
 * a password) and the group `crowd`, and gives the new text, `unchanged`, or SQLSTATE and message.
 */
export async function outcome(
  sql: string,
  options: {
    readonly currentIsSuperuser?: boolean;
    readonly standardConformingStrings?: boolean;
    readonly onAsk?: (name: string) => void;
  } = {},
): Promise<string> {
  const translation = await translate(sql, {
    standardConformingStrings: options.standardConformingStrings ?? true,
    currentUser: 'boss',
    currentIsSuperuser: options.currentIsSuperuser ?? true,
    roleFacts: async (name) => {
      options.onAsk?.(name);
      return {
        exists: ['u', 'boss', 'disabled', 'crowd'].includes(name),
        superuser: name === 'boss',
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
