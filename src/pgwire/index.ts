/** PostgreSQL's wire protocol as bytes, without sockets: the subpath `keyshift/pgwire`. */

// Proving a password
export { type Authentication, readAuthentication, writeAuthentication } from './authentication.ts';
// What backends send
export {
  type BackendKeyData,
  type ParameterStatus,
  type ProtocolOffer,
  readBackendKeyData,
  readCommandComplete,
  readDataRow,
  readNegotiateProtocolVersion,
  readParameterStatus,
  readReadyForQuery,
  type TransactionStatus,
  writeBackendKeyData,
  writeCommandComplete,
  writeDataRow,
  writeNegotiateProtocolVersion,
  writeParameterStatus,
  writeReadyForQuery,
} from './backend.ts';
// The numbers and letters
export {
  ALPN_PROTOCOL,
  AUTHENTICATION_CODES,
  BACKEND_MESSAGES,
  CLIENT_MESSAGES,
  ENCRYPTION_ANSWERS,
  REQUEST_CODES,
  TLS_HANDSHAKE_BYTE,
} from './codes.ts';
export {
  type Complaint,
  type ErrorSeverity,
  type NoticeSeverity,
  type ReceivedComplaint,
  readComplaint,
  writeErrorResponse,
  writeNoticeResponse,
  writeReadNotice,
} from './error-fields.ts';
// Cutting a stream into messages
export {
  FrameScanner,
  type Handling,
  HandlingTable,
  type Piece,
  payloadOf,
  type Watcher,
} from './frame-scanner.ts';
export { type Frame, FrameReader } from './frames.ts';
// What clients send
export {
  type Parse,
  readParse,
  readPassword,
  readQuery,
  readSaslInitialResponse,
  type SaslInitialResponse,
  writeCancelRequest,
  writeParse,
  writePassword,
  writeQuery,
  writeSaslInitialResponse,
  writeSaslResponse,
  writeSslRequest,
  writeStartup,
  writeSync,
  writeTerminate,
} from './frontend.ts';
// The first packet
export { readOptions, type Setting } from './options.ts';
export { beginScram, SCRAM_MECHANISM, type ScramExchange } from './scram.ts';
export {
  type FirstPacket,
  negotiateProtocol,
  type ProtocolNegotiation,
  readFirstPacket,
  type StartupPacket,
} from './startup.ts';
