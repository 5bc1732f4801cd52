import type { AuditSink } from './audit/event.ts';
import type { Cleanup } from './cleanup.ts';
import type { Clock } from './core/clock.ts';
import { requestId } from './core/ids.ts';
import type { Logger } from './core/logger.ts';
import type { Fleet } from './gateway/fleet.ts';
import { LocalDoor } from './gateway/local-door.ts';
import type { NodeAccess } from './live-access.ts';
import type { Statement } from './redshift/statements.ts';
import type { GatewayDoor } from './statements/database-session.ts';
import { Jobs } from './statements/jobs.ts';
import { KeptSessions } from './statements/kept-sessions.ts';
import { ResultPages } from './statements/result-pages.ts';
import type { Ending } from './statements/run-parts.ts';
import { SessionRows } from './statements/session-rows.ts';
import { StatementNodes } from './statements/statement-nodes.ts';
import { StatementRows } from './statements/statement-rows.ts';
import { StatementService } from './statements/statement-service.ts';
import { StatementSweep } from './statements/sweep.ts';
import type { Store } from './store/database.ts';
import type { Sealer } from './store/sealer.ts';

/** Joins the statements of the Data API with the gateway that they log in to, and with the other nodes. */

/** Between two looks for sessions that were idle for as long as they may. */
const IDLE_LOOK_MS = 1_000;
/** Between two looks for what nodes left behind that are gone. */
const SWEEP_MS = 10_000;

interface DataApiDeps {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly audit: AuditSink;
  readonly fleet: Fleet;
  readonly nodeAccess: NodeAccess;
}

/** Starts what runs statements, and ends it with `cleanup`, which must still have the fleet and the store then. */
export async function startDataApi(deps: DataApiDeps, cleanup: Cleanup): Promise<StatementService> {
  const { store, sealer, clock, logger, fleet, nodeAccess } = deps;
  const { node, nodes } = nodeAccess;
  const door = await LocalDoor.open();
  cleanup.add('local door', async () => door.close());
  const rows = new StatementRows({ store, sealer, clock, node });
  const sessionRows = new SessionRows(store, clock);
  const pages = new ResultPages(store, sealer);
  const kept = new KeptSessions(sessionRows, clock, node);
  const doorOf = gatewayDoor(door, fleet);
  const ended = (statement: Statement, ending: Ending): Promise<void> => tellEnd(deps, statement, ending);
  const jobs = new Jobs({ rows, pages, kept, clock, logger, door: doorOf, ended });
  const statementNodes = new StatementNodes({
    rows,
    kept,
    jobs,
    sealer,
    serves: (accountId, cluster) => fleet.gatewayOf(accountId, cluster) !== undefined,
    askNodes: async (question) => (await nodes.ask({ kind: 'statement', question })).answers,
  });
  nodeAccess.answerStatements((question) => statementNodes.answer(question));
  const sweep = new StatementSweep({
    rows,
    sessionRows,
    node,
    runs: (id) => jobs.has(id),
    holds: (id) => kept.get(id) !== undefined,
    present: () => nodes.present(),
  });
  await sweep.look();
  cleanup.every(SWEEP_MS, () => sweep.look());
  cleanup.every(IDLE_LOOK_MS, () => kept.closeOverdue());
  cleanup.add('statements', () => jobs.close());
  return new StatementService({ rows, sessionRows, pages, kept, jobs, clock, nodes: statementNodes, node });
}

function gatewayDoor(door: LocalDoor, fleet: Fleet): (accountId: string) => GatewayDoor {
  const { host, port } = door.address;
  return (accountId) => ({
    host,
    port,
    socket: (cluster, sourceIp) =>
      door.socketTo((socket) => {
        const gateway = fleet.gatewayOf(accountId, cluster);
        if (gateway === undefined) socket.destroy();
        else gateway.accept(socket, sourceIp);
      }),
  });
}

/** There is no event bus: what WithEvent asks for is in the audit log. */
async function tellEnd({ audit, clock }: DataApiDeps, statement: Statement, ending: Ending): Promise<void> {
  if (!statement.order.withEvent) return;
  const { owner, target, id, order } = statement;
  await audit.record({
    accountId: owner.accountId,
    eventId: requestId(),
    at: clock.now(),
    kind: 'api',
    name: 'redshift-data:StatementStatusChange',
    outcome: ending.status === 'FINISHED' ? 'success' : 'failed',
    code: undefined,
    principalArn: owner.principalArn,
    sourceIp: undefined,
    requestId: id,
    details: {
      cluster: target.cluster,
      database: target.database,
      dbUser: target.dbUser,
      statementId: id,
      statementName: order.name,
      state: ending.status,
      rows: ending.parts.map((part) => part.rows),
    },
  });
}
