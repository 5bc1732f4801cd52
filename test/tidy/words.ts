import { lineAt, readSource } from './source-text.ts';

/** Words that src/ does without, and what to write in their place. */
export interface BannedWord {
  readonly pattern: RegExp;
  readonly instead: string;
  /** Files that may use it, each because it is the one place where the thing is made. */
  readonly except?: readonly string[];
  /** Where the word is looked for; comments and strings count only where that is said. */
  readonly within?: 'code' | 'everything';
}

const CLI = 'src/cli.ts';
const CLOCK = 'src/core/clock.ts';

export const BANNED_WORDS: readonly BannedWord[] = [
  { pattern: /\bDate\.now\b/, instead: 'take a Clock and ask clock.now()', except: [CLOCK] },
  { pattern: /\bnew Date\(\s*\)/, instead: 'take a Clock and ask clock.now()', except: [CLOCK, CLI] },
  { pattern: /\bMath\.random\b/, instead: 'take RandomBytes of core/ids.ts' },
  { pattern: /\bprocess\.env\b/, instead: 'add a row to OPTIONS of config.ts', except: [CLI] },
  { pattern: /\bprocess\.exit\b/, instead: 'throw an OperatorError', except: [CLI] },
  { pattern: /\bconsole\b/, instead: 'take a Logger of core/logger.ts', except: [CLI] },
  {
    pattern: /\bsetInterval\b/,
    instead: 'use every() of cleanup.ts, which ends it',
    // The second one ends its timer with the file that it watches.
    except: ['src/cleanup.ts', 'src/postgres/server-log.ts'],
  },
  {
    pattern: /\bas any\b|[:<|&,(=]\s*any\b(?!\s*[(:.])|\bany\[\]/,
    instead: 'use unknown, and look what it is',
  },
  { pattern: /^export \*/, instead: 'name what is exported' },
  { pattern: /^export default\b/, instead: 'give it a name' },
  { pattern: /\b(?:eval|Function)\(|\bnew Function\b/, instead: 'never run text' },
  { pattern: /\benum\s+\w+\s*\{/, instead: 'use a union of literals' },
  { pattern: /@ts-(?:ignore|nocheck|expect-error)/, instead: 'mend the type', within: 'everything' },
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, instead: 'do it, or leave it out', within: 'everything' },
];

/** The uses of banned words in the file at `path`, one sentence each. */
export function bannedWordProblems(path: string, text: string, words = BANNED_WORDS): string[] {
  const { code } = readSource(text);
  const problems: string[] = [];
  for (const { pattern, instead, except = [], within = 'code' } of words) {
    if (except.includes(path)) continue;
    const searched = within === 'code' ? code : text;
    for (const match of searched.matchAll(new RegExp(pattern.source, 'gm'))) {
      problems.push(`${path}:${lineAt(searched, match.index)}: no \`${match[0].trim()}\`: ${instead}`);
    }
  }
  return problems;
}

const SECRET_WORD = /(?:secret|password|signature|proof|mac|digest|sessionToken)$/i;
const SIDE = /[\w$]+(?:\??\.[\w$]+|\([^()]*\)|\[[^\]]*\])*|['"`]/.source;
/** The two sides of a comparison: names with their members and calls, or the beginning of a constant. */
const COMPARISON = new RegExp(`(${SIDE})\\s*[!=]==?\\s*(?:typeof\\s+)?(${SIDE})`, 'g');
const CONSTANT = /^(?:undefined|null|true|false|\d[\w.]*|['"`]|[A-Z][A-Z0-9_]*(?:\.\w+)?)$/;

/** Comparisons of secrets with `===`, whose time tells how much of them was right. */
export function comparedSecretProblems(path: string, text: string, except: readonly string[] = []): string[] {
  if (except.includes(path)) return [];
  const { code } = readSource(text);
  const problems: string[] = [];
  for (const match of code.matchAll(COMPARISON)) {
    const [, left = '', right = ''] = match;
    if (CONSTANT.test(left) || CONSTANT.test(right)) continue;
    if (![left, right].some((side) => SECRET_WORD.test(side))) continue;
    problems.push(`${path}:${lineAt(code, match.index)}: compare secrets with Secret.equals or sameBytes`);
  }
  return problems;
}

/** Calls of `reveal()` in files that are not known to hand the secret to its owner, a cipher or a signature. */
export function revealProblems(path: string, text: string, known: ReadonlySet<string>): string[] {
  if (known.has(path)) return [];
  const { code } = readSource(text);
  return [...code.matchAll(/\.reveal\(\)/g)].map(
    (match) => `${path}:${lineAt(code, match.index)}: not on the list of files that may reveal a secret`,
  );
}
