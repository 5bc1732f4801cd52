import { hasSqlDetails, loadModule, parseSync, scanSync } from 'libpg-query';

/** PostgreSQL 18's own lexer and grammar, compiled to WebAssembly: the judge of what ours say. */

export const oracleIsReady = loadModule();

export interface OracleToken {
  readonly start: number;
  readonly end: number;
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'symbol' | 'other';
}

/**
 * The tokens of `sql` but for comments, with offsets in characters; undefined if the lexer finds an error. Its lexer
 * was changed to keep comments, and so does not join two strings with a comment between them, as a server does.
 */
export function oracleTokens(sql: string): OracleToken[] | undefined {
  if (sql === '') return [];
  const characterAt = byteOffsets(sql);
  return attempt(() => scanSync(sql))
    ?.tokens.filter((token) => !token.tokenName.endsWith('COMMENT'))
    .map((token) => ({
      start: characterAt(token.start),
      end: characterAt(token.end),
      kind: kindOf(Buffer.from(sql).subarray(token.start, token.end).toString(), token.tokenName),
    }));
}

/** Whether each of PostgreSQL's keywords may be a name. */
export function isReservedKeyword(word: string): boolean {
  return scanSync(word).tokens[0]?.keywordName === 'RESERVED_KEYWORD';
}

function kindOf(text: string, tokenName: string): OracleToken['kind'] {
  if (tokenName === 'SCONST' || /^(?:u&)?'/i.test(text)) return 'string';
  if (/^(?:u&)?"/i.test(text)) return 'name';
  if (/^[bx]'/i.test(text)) return 'other';
  if (/^[A-Za-z_\u0080-\u{10ffff}]/u.test(text)) return 'word';
  if (tokenName === 'ICONST' || tokenName === 'FCONST') return 'number';
  return tokenName === 'PARAM' ? 'other' : 'symbol';
}

/** A statement in few words, for comparing. */
export interface OracleStatement {
  /** The name of the node, for example `CreateRoleStmt`. */
  readonly type: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tree of a foreign parser, looked into at a few places.
  readonly node: any;
  readonly text: string;
}

/** The statements of `sql`, or undefined if PostgreSQL refuses it. */
export function oracleStatements(sql: string): OracleStatement[] | undefined {
  const bytes = Buffer.from(sql);
  return attempt(() => parseSync(sql))?.stmts?.map(({ stmt = {}, stmt_location = 0, stmt_len }) => {
    const [type = '', node] = Object.entries(stmt)[0] ?? [];
    const end = stmt_len === undefined ? bytes.length : stmt_location + stmt_len;
    return { type, node, text: bytes.subarray(stmt_location, end).toString() };
  });
}

const BLOCK = /^ BEGIN (.*); END $/s;
const BLOCK_AS_USER =
  /^ DECLARE role_before text := pg_catalog\.current_setting\('role'\); BEGIN (.*); PERFORM pg_catalog\.set_config\('role', role_before, true\); END $/s;

const BLOCK_OF_DROP =
  /^ DECLARE said text; needs text; BEGIN (.*); EXCEPTION WHEN dependent_objects_still_exist THEN\n.* END $/s;

/** Like `oracleStatements`, with what a DO block runs in the place of the block. */
export function oracleEffects(sql: string): OracleStatement[] | undefined {
  return oracleStatements(sql)?.flatMap((statement) => {
    if (statement.type !== 'DoStmt') return [statement];
    const body: string = statement.node.args[0].DefElem.arg.String.sval;
    const inner = [BLOCK, BLOCK_AS_USER, BLOCK_OF_DROP].map((form) => form.exec(body)?.[1]).find(Boolean);
    if (inner === undefined) throw new Error(`not a block of ours: ${body}`);
    return oracleStatements(inner) ?? [];
  });
}

/** CALL as the name of the procedure and its arguments, as they are written. */
export function callStatement({ node }: OracleStatement): { name: string; args: unknown[] } {
  const { funcname, args } = node.funccall;
  return {
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    name: funcname.map((part: any) => part.String.sval).join('.'),
    // biome-ignore lint/suspicious/noExplicitAny: as above.
    args: args.map(({ A_Const }: any) => A_Const.sval?.sval ?? A_Const.boolval.boolval ?? false),
  };
}

/** CREATE or ALTER ROLE as `name` and its options; lists of roles as lists of names. */
export function roleStatement({ type, node }: OracleStatement) {
  const options = new Map<string, unknown>();
  for (const { DefElem } of node.options ?? []) options.set(DefElem.defname, optionValue(DefElem.arg));
  return { type, name: node.stmt_type === undefined ? node.role.rolename : node.role, options };
}

// biome-ignore lint/suspicious/noExplicitAny: as above.
function optionValue(arg: any): unknown {
  if (arg === undefined) return null;
  if (arg.String) return arg.String.sval;
  if (arg.Boolean) return arg.Boolean.boolval ?? false;
  if (arg.Integer) return arg.Integer.ival ?? 0;
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  if (arg.List) return arg.List.items.map((item: any) => item.RoleSpec.rolename);
  throw new Error(`unexpected value ${JSON.stringify(arg)}`);
}

function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    if (hasSqlDetails(error) || error instanceof Error) return undefined;
    throw error;
  }
}

function byteOffsets(sql: string): (bytes: number) => number {
  const bytes = Buffer.from(sql);
  return (offset) => bytes.subarray(0, offset).toString().length;
}
