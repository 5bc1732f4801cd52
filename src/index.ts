/** Keyshift as a library: starting a server in a process of one's own. */
export { type Config, OPTIONS, readConfig } from './config.ts';
export { OperatorError } from './core/errors.ts';
export { openLog } from './log.ts';
export { type RunningServer, startServer } from './server.ts';
