/**
 * Every limit that holds in more than one place, or that a reader may want to find: with its unit in the
 * name and the reason or source of the number beside it.
 */
export const LIMITS = {
  /** Seconds; GetClusterCredentials, parameter DurationSeconds. */
  credentialSecondsMin: 900,
  credentialSecondsMax: 3600,
  /** Our own cap on DbGroups of one request: no public number exists, and each costs a check. */
  dbGroupsMax: 50,
  /** PostgreSQL 18, NAMEDATALEN - 1: longer names are cut silently, so we refuse them. */
  postgresNameBytesMax: 63,

  /** Bytes of one HTTP body. The largest AWS parameter we take is a 131,072 character policy, URL-encoded threefold. */
  requestBodyBytesMax: 512 * 1024,
  /** Parameters of one query-protocol request; tags and lists of 1,000 elements fit twice. */
  requestParametersMax: 4096,
  /** Bytes of all HTTP headers of one request: SDKs send under 4 KiB, session tokens add some. */
  requestHeaderBytesMax: 32 * 1024,
  /** Milliseconds from the first byte of an HTTP request to its last. */
  requestReceiveMsMax: 15_000,
  /** Minutes to each side by which a signature's date may be off. AWS uses 5 or 15; 15 is what STS allows. */
  signatureWindowMinutes: 15,
  /** Signing keys kept in memory; one per access key, day, region and service in use. */
  signingKeyCacheMax: 10_000,

  /** Audit events waiting for their commit. Past it requests are refused rather than left unrecorded. */
  auditQueueMax: 10_000,
  /** Audit events in one INSERT; keeps one statement well under a megabyte. */
  auditBatchMax: 500,

  /** Milliseconds from accepting a database connection to ReadyForQuery (CVE-2026-25949: silence held connections open). */
  loginMsMax: 20_000,
  /** Connections that have not finished their login, per gateway. */
  loginsPendingMax: 1_000,
  /** The same from one address: less, so that one client cannot keep all others out. */
  loginsPendingPerAddressMax: 400,
  /** Passwords of database users that one cluster proves at a time: each holds one of its connections. */
  passwordProofsMax: 32,
  /** The same of one address; its others wait. */
  passwordProofsPerAddressMax: 8,
  /** Milliseconds of one proof: a client that asks a person does so before it connects. */
  passwordProofMsMax: 5_000,
  /** TLS handshakes at a time of one address; its others wait. Each costs a millisecond of the one thread. */
  tlsHandshakesPerAddressMax: 32,
  /** Milliseconds of one handshake: four round trips on the worst of lines. */
  tlsHandshakeMsMax: 5_000,
  /** Wrong passwords from one address within a minute, after which passwords from there are refused for a while. */
  failedLoginsPerAddressMax: 100,
  /** The same with one name that has got in from there before: until then that one goes on. */
  failedLoginsPerKnownNameMax: 20,
  /** Milliseconds of that while. */
  failedLoginsRefuseMs: 60_000,
  /** Client connections of one gateway listener, logged in or not. */
  sessionsMax: 5_000,
  /** Bytes of a startup packet. PostgreSQL 18: MAX_STARTUP_PACKET_LENGTH. */
  startupPacketBytesMax: 10_000,
  /** Bytes of a message before the login is done; a password message is under 1 KiB. */
  loginMessageBytesMax: 16 * 1024,
  /** Bytes of one statement text that the gateway looks into for user DDL; longer ones are never user DDL. */
  ddlStatementBytesMax: 64 * 1024,
} as const;
