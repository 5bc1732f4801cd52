/**
 * The letters and numbers of PostgreSQL's protocol 3, each beside its name.
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/protocol-message-formats.html
 */

/** First bytes of the messages that a client sends. */
export const CLIENT_MESSAGES = {
  bind: 0x42, // B
  close: 0x43, // C
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyFail: 0x66, // f
  describe: 0x44, // D
  execute: 0x45, // E
  flush: 0x48, // H
  functionCall: 0x46, // F
  parse: 0x50, // P
  /** PasswordMessage, SASLInitialResponse, SASLResponse and GSSResponse share it. */
  password: 0x70, // p
  query: 0x51, // Q
  sync: 0x53, // S
  terminate: 0x58, // X
} as const;

/** First bytes of the messages that a backend sends. */
export const BACKEND_MESSAGES = {
  authentication: 0x52, // R
  backendKeyData: 0x4b, // K
  bindComplete: 0x32, // 2
  closeComplete: 0x33, // 3
  commandComplete: 0x43, // C
  copyBothResponse: 0x57, // W
  copyData: 0x64, // d
  copyDone: 0x63, // c
  copyInResponse: 0x47, // G
  copyOutResponse: 0x48, // H
  dataRow: 0x44, // D
  emptyQueryResponse: 0x49, // I
  errorResponse: 0x45, // E
  functionCallResponse: 0x56, // V
  negotiateProtocolVersion: 0x76, // v
  noData: 0x6e, // n
  noticeResponse: 0x4e, // N
  notificationResponse: 0x41, // A
  parameterDescription: 0x74, // t
  parameterStatus: 0x53, // S
  parseComplete: 0x31, // 1
  portalSuspended: 0x73, // s
  readyForQuery: 0x5a, // Z
  rowDescription: 0x54, // T
} as const;

/** The number after the length of a packet that has no letter: what the client wants of the connection. */
export const REQUEST_CODES = {
  protocol30: 196_608, // 3 << 16
  protocol32: 196_610, // 3 << 16 | 2
  cancel: 80_877_102, // 1234 << 16 | 5678
  ssl: 80_877_103, // 1234 << 16 | 5679
  gssEncryption: 80_877_104, // 1234 << 16 | 5680
} as const;

/** The number that opens an Authentication message. */
export const AUTHENTICATION_CODES = {
  ok: 0,
  kerberosV5: 2,
  cleartextPassword: 3,
  md5Password: 5,
  gss: 7,
  gssContinue: 8,
  sspi: 9,
  sasl: 10,
  saslContinue: 11,
  saslFinal: 12,
} as const;

/** The one-byte answers to SSLRequest and GSSENCRequest. */
export const ENCRYPTION_ANSWERS = { yes: 0x53 /* S */, no: 0x4e /* N */ } as const;

/** First byte of a TLS record that carries a ClientHello: the client starts TLS without asking. RFC 8446 §5.1. */
export const TLS_HANDSHAKE_BYTE = 0x16;

/** The name of PostgreSQL's protocol in TLS ALPN. PostgreSQL 18 manual, section 54.2.12. */
export const ALPN_PROTOCOL = 'postgresql';
