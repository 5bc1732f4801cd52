import type { LiveAccess, SessionReport } from './api/actions/keyshift/deps.ts';
import { issuersOf } from './audit/issuers.ts';
import type { Cleanup } from './cleanup.ts';
import type { Clock } from './core/clock.ts';
import { messageOf } from './core/errors.ts';
import type { RandomBytes } from './core/ids.ts';
import type { Logger } from './core/logger.ts';
import { CancelKeys } from './gateway/cancel.ts';
import type { Fleet } from './gateway/fleet.ts';
import { LiveSessions } from './gateway/live-sessions.ts';
import type { SessionRecord } from './gateway/session-record.ts';
import type { Reconciled } from './postgres/reap-session-roles.ts';
import { CredentialUse } from './redshift/credential-use.ts';
import { Revocations } from './redshift/revocations.ts';
import type { StatementQuestion } from './statements/statement-nodes.ts';
import type { Store } from './store/database.ts';
import type { Keyring } from './store/keyring.ts';
import { NodeCalls, newNodeNumber } from './store/node-calls.ts';

/** Joins the sessions and revocations of this node with those of the others that share the store. */

/** What a node asks all nodes. */
type Question =
  | { readonly kind: 'sessions'; readonly accountId: string }
  | { readonly kind: 'kill'; readonly accountId: string; readonly sessionId: string; readonly reason: string }
  | {
      readonly kind: 'reconcile';
      readonly accountId: string;
      readonly cluster: string;
      readonly remove: boolean;
    }
  | { readonly kind: 'statement'; readonly question: StatementQuestion }
  | { readonly kind: 'revoked' }
  /** `name` is what the key of a session is called, see CancelKeys. */
  | { readonly kind: 'cancel'; readonly name: string };

/** A report as a node gives it: who is behind the credential is asked for once, by the node that asked. */
type NodeReport = Omit<SessionReport, 'principalArn'>;

/** What the names of cancel keys are derived for. */
const CANCEL_NAME_PURPOSE = 'keyshift/cancel-key-name';

/** Between two looks at the list of revocations: what is revoked must not work two seconds later. */
const REVOCATIONS_LOOK_MS = 1_000;
/** Between two times that nodes tell each other from where credentials are used. */
const NETWORKS_SETTLE_MS = 1_000;
/** Between two removals of what counts no more. */
const USE_TIDY_MS = 30_000;
/** Between two looks for sessions whose time is over. */
const DEADLINES_LOOK_MS = 500;

export class NodeAccess {
  readonly live = new LiveSessions();
  readonly cancelKeys: CancelKeys;
  readonly credentialUse: CredentialUse;
  readonly revocations: Revocations;
  /** This node's number among the others. */
  readonly node: number;
  readonly nodes: NodeCalls;
  readonly access: LiveAccess;
  readonly #clock: Clock;
  #fleet: Fleet | undefined;
  #statements: ((question: StatementQuestion) => Promise<boolean>) | undefined;

  constructor(deps: {
    readonly store: Store;
    readonly clock: Clock;
    readonly random: RandomBytes;
    readonly keyring: Keyring;
    readonly logger: Logger;
  }) {
    const { store, clock, random, keyring, logger } = deps;
    this.#clock = clock;
    this.revocations = new Revocations(store);
    this.node = newNodeNumber(random);
    this.nodes = new NodeCalls(store, this.node, (question) => this.#answer(question), logger);
    this.credentialUse = new CredentialUse(store, clock, this.node);
    this.cancelKeys = new CancelKeys({
      random,
      nameKey: keyring.key(CANCEL_NAME_PURPOSE),
      // A request that cannot be passed on is lost, as one is that comes too late.
      askOthers: (name) =>
        this.nodes.ask({ kind: 'cancel', name } satisfies Question).then(
          () => {},
          (error: unknown) =>
            logger.warn({ cause: messageOf(error) }, 'a cancel request could not be passed on'),
        ),
    });
    this.access = liveAccess({ store, clock, nodes: this.nodes, revocations: this.revocations });
  }

  /** Takes the clusters of this node, once there are any. */
  serve(fleet: Fleet): void {
    this.#fleet = fleet;
  }

  /** Takes what answers questions about the statements of this node. */
  answerStatements(answer: (question: StatementQuestion) => Promise<boolean>): void {
    this.#statements = answer;
  }

  /** Reads the revocations, and from then on ends what must end until `cleanup`. */
  async start(cleanup: Cleanup): Promise<void> {
    const { live, revocations } = this;
    revocations.onChange(() => live.endRevoked((subject) => revocations.find(subject)));
    await revocations.look();
    cleanup.every(REVOCATIONS_LOOK_MS, () => revocations.look());
    cleanup.every(NETWORKS_SETTLE_MS, () => this.credentialUse.settleNetworks());
    cleanup.every(USE_TIDY_MS, () => this.credentialUse.tidy());
    cleanup.every(DEADLINES_LOOK_MS, async () => live.endOverdue(this.#clock.now()));
  }

  /** What this node answers. A node of another version may ask what it does not know: null. */
  async #answer(question: unknown): Promise<unknown> {
    const { live, revocations, cancelKeys } = this;
    const asked = question as Question; // only nodes of one store ask
    switch (asked.kind) {
      case 'sessions':
        return live
          .list()
          .filter((record) => record.accountId === asked.accountId)
          .map(toReport);
      case 'kill':
        return live.kill(asked.accountId, asked.sessionId, asked.reason);
      case 'reconcile':
        return (await this.#fleet?.reconcile(asked.accountId, asked.cluster, asked.remove)) ?? null;
      case 'statement':
        return (await this.#statements?.(asked.question)) ?? null;
      case 'revoked':
        await revocations.lookAnew();
        return live.endRevoked((subject) => revocations.find(subject));
      case 'cancel':
        return cancelKeys.cancelNamed(asked.name);
      default:
        asked satisfies never;
        return null;
    }
  }
}

function liveAccess(deps: {
  readonly store: Store;
  readonly clock: Clock;
  readonly nodes: NodeCalls;
  readonly revocations: Revocations;
}): LiveAccess {
  const { store, clock, nodes, revocations } = deps;
  const ask = (question: Question) => nodes.ask(question);
  return {
    sessions: async (accountId) => {
      const { answers, silent } = await ask({ kind: 'sessions', accountId });
      const reports = answers.flat() as NodeReport[];
      const issued = new Map(
        reports.flatMap(({ credentialId, issuedAt }) =>
          credentialId === null || issuedAt === null ? [] : [[credentialId, new Date(issuedAt)] as const],
        ),
      );
      const issuers = await issuersOf(store, accountId, issued);
      const sessions = reports.map((report) => ({
        ...report,
        principalArn: issuers.get(report.credentialId ?? '') ?? null,
      }));
      return { sessions, silent };
    },
    kill: async (accountId, sessionId, reason) => {
      const { answers, silent } = await ask({ kind: 'kill', accountId, sessionId, reason });
      return { found: answers.includes(true), silent };
    },
    revoke: async (wanted) => {
      const entry = await revocations.add(wanted, clock.now());
      const { answers, silent } = await ask({ kind: 'revoked' });
      return { entry, ended: answers.reduce<number>((sum, count) => sum + Number(count), 0), silent };
    },
    reconcile: async (accountId, cluster, remove) => {
      const { answers } = await ask({ kind: 'reconcile', accountId, cluster, remove });
      // An external cluster is served by several nodes, which all look at the same server.
      return (answers as (Reconciled | null)[]).filter((answer) => answer !== null);
    },
    revocations: (accountId) => revocations.list(accountId, clock.now()),
  };
}

function toReport(record: SessionRecord): NodeReport {
  const { credential, since } = record;
  const { fromClient, toClient } = record.traffic();
  return {
    sessionId: record.sessionId,
    cluster: record.cluster,
    loginName: record.loginName ?? '',
    dbUser: record.dbUser ?? '',
    groups: record.groups,
    database: record.database ?? null,
    credentialId: record.credentialId ?? null,
    issuedAt: credential?.issuedAt.toISOString() ?? null,
    expiresAt: credential?.expiresAt.toISOString() ?? null,
    endsAt: record.deadline?.at.toISOString() ?? null,
    backendPid: record.backendPid ?? null,
    since: since?.toISOString() ?? '',
    sourceIp: record.sourceIp,
    client: record.client,
    bytesFromClient: fromClient,
    bytesToClient: toClient,
  };
}
