import type { LogType } from '../redshift/logging.ts';

/**
 * Lines of the connection and user logs. Source: Amazon Redshift Management Guide, "Database audit logging", which says
 * the columns. A text of a client can hold what separates them, so that is written as \u007c; see `toField`.
 */
export type LoggedEvent = Readonly<Record<string, unknown>>;

/** Of the events in connection-log.ts and postgres/user-log.ts, in the order of the columns; undefined is empty here. */
const COLUMNS: Readonly<Record<LogType, readonly ((event: LoggedEvent) => unknown)[]>> = {
  connectionlog: [
    ({ event }) => event,
    ({ at }) => toRecordTime(at),
    ...['remoteHost', 'remotePort', 'pid', 'database', 'loginName', 'authMethod', 'durationUs'].map(member),
    ...['tlsVersion', 'tlsCipher'].map(member),
    // The maximum transmission unit is not known, and TLS compresses nothing.
    () => 0,
    () => undefined,
    () => undefined,
    ...['credentialId', 'applicationName', 'driverVersion', 'osVersion', 'pluginName', 'protocolVersion'].map(
      member,
    ),
  ],
  userlog: [
    ...['userId', 'name', 'oldName', 'action'].map(member),
    ...['mayCreateDatabases', 'isSuperuser', 'mayUpdateCatalogs'].map(
      (name) => (event: LoggedEvent) => (event[name] === true ? 1 : 0),
    ),
    ({ validUntil }) => toRecordTime(validUntil),
    () => undefined,
    ({ xid }) => xid,
    ({ at }) => toRecordTime(at),
  ],
};

/** One line, with its end. */
export function logLine(type: LogType, event: LoggedEvent): string {
  return `${COLUMNS[type].map((column) => toField(column(event))).join('|')}\n`;
}

function member(name: string): (event: LoggedEvent) => unknown {
  return (event) => event[name];
}

const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}|\\]/gu;

function toField(value: unknown): string {
  const text = String(value ?? '').replace(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text} `;
}

/** As Redshift writes times: `Tue, 17 Apr 2018 04:00:21:415`. What is no time, as `infinity`, stays. */
function toRecordTime(value: unknown): unknown {
  if (typeof value !== 'string' || !/^\d{4}-/.test(value)) return value;
  const at = new Date(value);
  const millis = String(at.getUTCMilliseconds()).padStart(3, '0');
  return `${at.toUTCString().replace(/ GMT$/, '')}:${millis}`;
}
