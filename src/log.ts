import { pino } from 'pino';
import type { Logger } from './core/logger.ts';

/** The operator's log: JSON lines on standard error, written at once so that a crash loses none. */
export function openLog(level: 'debug' | 'info' | 'warn' | 'error'): Logger {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: true }),
  );
}
