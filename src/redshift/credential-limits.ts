import type { IpRange } from '../core/ip-range.ts';

/**
 * What a credential may be limited to beside its user, database and time. The limits travel in the credential, under
 * its MAC, so that a gateway asks nobody. Three forms, each of a length that base64url needs no padding for:
 *
 *   3 seconds of a session (0: none) | 1 connections (0: any) | 1 bits of the network | address: 4 or 16, else 1 unused
 */
export interface CredentialLimits {
  /** A session ends after so many seconds. */
  readonly sessionSeconds: number | undefined;
  /** Sessions that may be open with it at once, on one gateway. */
  readonly connectionsMax: number | undefined;
  /** Logins come from there. */
  readonly network: IpRange | undefined;
}

export const NO_LIMITS: CredentialLimits = {
  sessionSeconds: undefined,
  connectionsMax: undefined,
  network: undefined,
};

/** The forms of the section, by the flag that announces each. */
export const LIMITS_FLAGS = { none: 0, plain: 2, ipv4: 4, ipv6: 8 } as const;
type LimitsFlag = (typeof LIMITS_FLAGS)[keyof typeof LIMITS_FLAGS];

/** Bytes of the section by flag. The longest credential has 93 bytes then, which are 124 characters. */
const SECTION_BYTES: ReadonlyMap<number, number> = new Map<LimitsFlag, number>([
  [LIMITS_FLAGS.none, 0],
  [LIMITS_FLAGS.plain, 6],
  [LIMITS_FLAGS.ipv4, 9],
  [LIMITS_FLAGS.ipv6, 21],
]);
const ADDRESS_AT = 5;

/** Seconds of a session: three bytes, which are 194 days. */
export const SESSION_SECONDS_MAX = 0xff_ffff;
/** Sessions at once: one byte. Who needs more needs no limit. */
export const CREDENTIAL_CONNECTIONS_MAX = 0xff;

/** The bytes of the section that `flags` announces, or undefined for a combination that there is not. */
export function limitsBytes(flags: number): number | undefined {
  return SECTION_BYTES.get(flags);
}

export function limitsFlag({ sessionSeconds, connectionsMax, network }: CredentialLimits): LimitsFlag {
  if (network !== undefined) return network.address.length === 2 ? LIMITS_FLAGS.ipv4 : LIMITS_FLAGS.ipv6;
  return sessionSeconds === undefined && connectionsMax === undefined
    ? LIMITS_FLAGS.none
    : LIMITS_FLAGS.plain;
}

/** Writes the section to `token` at `at`; those bytes are zeros before. */
export function writeLimits(token: Buffer, at: number, limits: CredentialLimits): void {
  const { sessionSeconds = 0, connectionsMax = 0, network } = limits;
  token.writeUIntBE(sessionSeconds, at, 3);
  token.writeUInt8(connectionsMax, at + 3);
  if (network === undefined) return;
  token.writeUInt8(network.prefixBits, at + 4);
  for (const [index, word] of network.address.entries())
    token.writeUInt16BE(word, at + ADDRESS_AT + 2 * index);
}

/** Reads a section that has been verified. */
export function readLimits(section: Buffer): CredentialLimits {
  if (section.length === 0) return NO_LIMITS;
  const sessionSeconds = section.readUIntBE(0, 3);
  const connectionsMax = section.readUInt8(3);
  const address: number[] = [];
  for (let at = ADDRESS_AT; at + 2 <= section.length; at += 2) address.push(section.readUInt16BE(at));
  return {
    sessionSeconds: sessionSeconds === 0 ? undefined : sessionSeconds,
    connectionsMax: connectionsMax === 0 ? undefined : connectionsMax,
    network: address.length === 0 ? undefined : { address, prefixBits: section.readUInt8(4) },
  };
}
