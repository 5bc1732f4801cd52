import type { StatementOrder } from '../../../src/redshift/statements.ts';

/** An order with what a test says of it. */
export function orderOf(more: Partial<StatementOrder>): StatementOrder {
  return {
    sqls: ['SELECT 1'],
    parameters: [],
    isBatch: false,
    mode: 'AUTO_COMMIT',
    format: 'JSON',
    name: undefined,
    withEvent: false,
    clientToken: undefined,
    fingerprint: '',
    keepAliveSeconds: undefined,
    sessionId: undefined,
    ...more,
  };
}
