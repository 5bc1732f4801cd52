import { roleArn } from '../core/arn.ts';
import { type CompiledResourcePolicy, compileResourcePolicy } from '../policy/compile.ts';
import { parsePolicyDocument } from '../policy/document.ts';
import type { ResourceSide } from '../policy/resource-side.ts';
import type { Database } from '../store/database.ts';
import { storable } from './entities.ts';
import { validationError } from './iam-errors.ts';
import type { Principal } from './principal.ts';
import { type Tag, tagsOf } from './tags.ts';

/** A role as whoever wants to take it on meets it: its ARN, in any account, and its trust policy. */
export interface AssumableRole {
  readonly accountId: string;
  readonly id: string;
  readonly name: string;
  readonly arn: string;
  readonly maxSessionSeconds: number;
  readonly tags: readonly Tag[];
  readonly trust: CompiledResourcePolicy;
}

interface Row {
  id: string;
  name: string;
  path: string;
  max_session_seconds: number;
  trust_policy: string;
}

const ROLE_ARN = /^arn:aws:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

/** What a role that is not there answers: nobody is trusted, and nobody learns more. */
const NOBODY: CompiledResourcePolicy = {
  source: { kind: 'resource', id: '' },
  mustAllow: true,
  statements: [],
};

/** The role with exactly this ARN. Throws ValidationError when it is not the ARN of a role. */
export async function findAssumableRole(database: Database, arn: string): Promise<AssumableRole | undefined> {
  const [, accountId, name] = ROLE_ARN.exec(arn) ?? [];
  if (accountId === undefined || name === undefined) throw validationError(`${arn} is invalid`);
  const [row] = await database.query<Row>(
    `SELECT id, name, path, max_session_seconds, trust_policy FROM keyshift.iam_roles
     WHERE account_id = $1 AND folded = lower($2 COLLATE "C")`,
    [accountId, storable(name)],
  );
  if (row === undefined || roleArn(accountId, row.path, row.name) !== arn) return undefined;
  return {
    accountId,
    id: row.id,
    name: row.name,
    arn,
    maxSessionSeconds: row.max_session_seconds,
    tags: await tagsOf(database, accountId, row.id),
    trust: compileResourcePolicy(parsePolicyDocument(row.trust_policy, 'trust'), {
      kind: 'resource',
      id: `trust/${arn}`,
      text: row.trust_policy,
    }),
  };
}

/** The part of a role's trust policy in the decision whether the principal may take it on. */
export function trustSide(role: AssumableRole | undefined, principal: Principal): ResourceSide {
  const { accountId, arn, userId, session } = principal;
  const aws = (name: string) => ({ kind: 'AWS', name }) as const;
  const names = {
    root: { itself: [], behind: [] },
    // By the unique id, which is what trust policies keep.
    user: { itself: [aws(userId)], behind: [] },
    role: { itself: [aws(arn)], behind: [aws(session?.ownerId ?? '')] },
    federated: { itself: [aws(arn)], behind: [aws(session?.ownerId ?? '')] },
  };
  return {
    policy: role?.trust ?? NOBODY,
    accountId: role?.accountId ?? accountId,
    caller: { accountId, ...names[principal.kind] },
  };
}
