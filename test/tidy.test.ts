import { describe, expect, test } from 'vitest';
import { tablesOfAccounts, unboundReferences } from './tidy/account-queries.ts';
import { findUnusedExports } from './tidy/exports.ts';
import { findCycles, findUnreached, importGraph, readImports } from './tidy/imports.ts';
import { entryFiles, readManifest, readText, readTexts } from './tidy/repository.ts';
import { MAY_IMPORT, roomOf, roomProblems } from './tidy/rooms.ts';
import { readSource } from './tidy/source-text.ts';
import { bannedWordProblems, comparedSecretProblems, revealProblems } from './tidy/words.ts';

/**
 * The rules of STYLE.md that a program can keep. Each check is a function of file texts, tried first on texts that
 * break the rule: a check that cannot fail keeps nothing.
 */

const SOURCES = readTexts('src', '.ts');
const TESTS = readTexts('test', '.ts');
const USERS = new Map([
  ...TESTS,
  ...['bench', 'examples', 'scripts'].flatMap((folder) => [...readTexts(folder, '.ts')]),
]);
const MANIFEST = readManifest();
const ENTRIES = entryFiles(MANIFEST);

/** Who may see the text of a secret: to give it to its owner, to a cipher, a signature, a hash or a server. */
const MAY_REVEAL = new Set([
  // Settings: checked, and handed to what they open.
  'src/config.ts',
  'src/server.ts',
  'src/store-location.ts',
  'src/env-file.ts',
  'src/postgres/external.ts',
  // The only answers that tell a new secret to its owner.
  'src/api/actions/iam/access-keys.ts',
  'src/api/actions/keyshift/accounts.ts',
  'src/api/actions/iam/service-credentials.ts',
  'src/api/actions/redshift/get-cluster-credentials.ts',
  'src/api/actions/redshift/get-cluster-credentials-with-iam.ts',
  'src/api/actions/redshift-serverless/get-credentials.ts',
  'src/api/actions/iam/mfa.ts',
  'src/api/actions/sts/row.ts',
  // Sealing, hashing and rules of new secrets.
  'src/iam/access-keys.ts',
  // The hash that a held session is found by, and the token that is opened.
  'src/iam/directory.ts',
  'src/iam/password-hasher.ts',
  'src/iam/password-rules.ts',
  'src/iam/root-key.ts',
  'src/iam/saml-providers.ts',
  'src/iam/server-certificates.ts',
  'src/iam/certificates.ts',
  'src/postgres/scram-verifier.ts',
  'src/redshift/new-cluster-rules.ts',
  // The gateway's login of a statement, and its way to another node.
  'src/statements/database-session.ts',
  'src/statements/statement-nodes.ts',
  // Proofs.
  'src/gateway/verify.ts',
  'src/pgwire/frontend.ts',
  'src/pgwire/scram.ts',
  'src/sigv4/key.ts',
  'src/sigv4/sign.ts',
]);

/** Compares objects, not texts: whether an entry of the cache was made with this very Secret. */
const MAY_COMPARE = ['src/sigv4/key.ts'];

/** Files over the length at which a file must say why. */
const LINES_MAX = 300;
const MAY_BE_LONG = new Map([
  ['src/config.ts', 'the option table and its reader'],
  ['src/api/services/keyshift.ts', 'the model of a service, with its types'],
  ['src/iam/aws-managed-policy-data.ts', 'data'],
  ['src/iam/aws-managed-policy-more.ts', 'data'],
]);

/** Tables of accounts that a file reads or changes by something else than the account, with how often and why. */
const UNBOUND = new Map<string, { readonly times: number; readonly because: string }>([
  [
    'src/api/actions/sts/index.ts iam_access_keys',
    { times: 1, because: 'GetAccessKeyInfo tells the account of any key' },
  ],
  [
    'src/iam/account-aliases.ts iam_account_aliases',
    { times: 2, because: 'an alias stands for one account everywhere' },
  ],
  ['src/iam/accounts.ts accounts', { times: 1, because: 'how many accounts there are' }],
  [
    'src/iam/directory.ts iam_access_keys',
    { times: 1, because: 'the account of a caller is known by its key' },
  ],
  [
    'src/iam/trust-principals.ts iam_roles',
    { times: 1, because: 'trust policies name roles of any account' },
  ],
  [
    'src/iam/trust-principals.ts iam_users',
    { times: 1, because: 'trust policies name users of any account' },
  ],
  [
    'src/redshift/clusters.ts clusters',
    { times: 2, because: 'a node serves the clusters of all, at ports that they share' },
  ],
  [
    'src/redshift/resources.ts redshift_resources',
    { times: 3, because: 'a host name stands for one cluster everywhere' },
  ],
  [
    'src/redshift/revocations.ts revocations',
    { times: 3, because: 'gateways hold the revocations of all accounts' },
  ],
  [
    'src/statements/session-rows.ts data_statements',
    { times: 1, because: 'the sweep is for sessions of all' },
  ],
  [
    'src/statements/session-rows.ts data_sessions',
    { times: 6, because: 'the executor goes by ids; whose they are is asked before' },
  ],
  ['src/statements/statement-rows.ts data_statements', { times: 5, because: 'the same' }],
]);

const each = (check: (path: string, text: string) => readonly string[], texts = SOURCES): string[] =>
  [...texts].flatMap(([path, text]) => check(path, text));

const file = (path: string, text: string): ReadonlyMap<string, string> => new Map([[path, text]]);

describe('reading source text', () => {
  test('blanks comments, strings, templates and regular expressions, and keeps every line and column', () => {
    const text = [
      'const a = "any"; // any',
      ['const b = `any ', "{any('any')} any`;"].join('$'),
      '/* any',
      ' any */ const c = /any[/]any/g.test(d) / any;',
      "const e = a / b; const f = 'it\\'s any';",
    ].join('\n');
    const { code } = readSource(text);
    expect(code.match(/any/g)).toHaveLength(2);
    expect(code.length).toBe(text.length);
    expect(code.split('\n')[1]).toBe(['const b = `    ', "{any('   ')}    `;"].join('$'));
    expect(code.split('\n')[3]).toContain(`const c = ${' '.repeat(12)}.test(d) / any;`);
  });

  test('keeps strings in the view that imports are read from', () => {
    expect(readSource("import x from './x.ts'; // './y.ts'").withStrings.trim()).toBe(
      "import x from './x.ts';",
    );
  });

  test('reads imports over several lines, re-exports, bare and dynamic ones', () => {
    const text = [
      'import {',
      '  a,',
      '  type B as C,',
      "} from './a.ts';",
      "export { d } from '../core/d.ts';",
      "import * as e from 'e';",
      "import 'f';",
      "const g = await import('./g.ts');",
    ].join('\n');
    expect(readImports('src/room/file.ts', text).map(({ target, names }) => [target, names])).toEqual([
      ['src/room/a.ts', ['a', 'B']],
      ['src/core/d.ts', ['d']],
      [undefined, ['*']],
      [undefined, []],
      ['src/room/g.ts', ['*']],
    ]);
  });
});

describe('the rooms', () => {
  test.each([
    ['src/core/a.ts', '../gateway/relay.ts', 'core must not import gateway'],
    ['src/iam/a.ts', '../redshift/clusters.ts', 'iam must not import redshift'],
    ['src/redshift/a.ts', '../iam/iam.ts', 'redshift must not import iam'],
    ['src/gateway/a.ts', '../api/listen.ts', 'gateway must not import api'],
    ['src/gateway/ddl/a.ts', '../../iam/iam.ts', 'gateway must not import iam'],
    ['src/client/a.ts', '../store/database.ts', 'client must not import store'],
    ['src/postgres/a.ts', '../server.ts', 'postgres must not import root'],
    ['src/gateway/a.ts', '../store/database.ts', 'gateway may import only src/store/keyring.ts'],
    ['src/cellar/a.ts', '../core/errors.ts', 'the room cellar is not in the table of rooms'],
  ])('refuse that %s imports %s', (path, specifier, problem) => {
    const [found = ''] = roomProblems(file(path, `import { a } from '${specifier}';`));
    expect(found).toContain(problem);
  });

  test('let a room import itself and what the table names', () => {
    const text = "import { a } from './a.ts';\nimport { b } from '../core/b.ts';";
    expect(roomProblems(file('src/policy/c.ts', text))).toEqual([]);
  });

  test('import each other only in the direction of the table', () => {
    expect(roomProblems(SOURCES)).toEqual([]);
  });

  test('are all in the table', () => {
    const rooms = new Set([...SOURCES.keys()].map(roomOf));
    rooms.delete('root');
    expect([...rooms].filter((room) => !MAY_IMPORT.has(room))).toEqual([]);
  });
});

describe('imports', () => {
  test('that go round are found', () => {
    const graph = new Map([
      ['a', ['b', 'd']],
      ['b', ['c']],
      ['c', ['a']],
      ['d', ['d']],
      ['e', ['a']],
    ]);
    expect(findCycles(graph)).toEqual([
      ['a', 'b', 'c', 'a'],
      ['d', 'd'],
    ]);
  });

  test('do not go round', () => {
    expect(findCycles(importGraph(SOURCES))).toEqual([]);
  });

  test('of missing files are found', () => {
    const graph = importGraph(SOURCES);
    const missing = [...graph].flatMap(([path, targets]) =>
      targets.filter((target) => !SOURCES.has(target)).map((target) => `${path}: ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('of packages are of run-time dependencies', () => {
    const known = new Set(Object.keys({ ...MANIFEST.dependencies, ...MANIFEST.optionalDependencies }));
    const unknown = each((path, text) =>
      readImports(path, text)
        .filter(({ target, specifier }) => target === undefined && !specifier.startsWith('node:'))
        .filter(({ specifier }) => !known.has(specifier))
        .map(({ specifier }) => `${path}: ${specifier}`),
    );
    expect(unknown).toEqual([]);
  });
});

test('migrations: each has a number of its own', () => {
  const files = readTexts('src/store/migrations', '.sql').keys();
  const numbers = [...files].map((path) => path.split('/').at(-1)?.slice(0, 4));
  expect(numbers.length).toBeGreaterThan(0);
  expect(numbers).toEqual([...new Set(numbers)]);
});

describe('dead source', () => {
  test('is found', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', []],
      ['c', ['b']],
    ]);
    expect(findUnreached(graph, ['a'])).toEqual(['c']);
    const sources = new Map([
      ['src/a.ts', "import { used } from './b.ts';"],
      [
        'src/b.ts',
        'export const used = 1;\nexport function unused() {}\nconst own = 2;\nexport class Kept {}',
      ],
    ]);
    const users = file('test/b.test.ts', "import { Kept } from '../src/b.ts';");
    expect(findUnusedExports(sources, users, ['src/a.ts'])).toEqual([
      'src/b.ts: unused is exported and nobody imports it',
    ]);
  });

  test('files: every one is reached from a command or an export of the package', () => {
    expect(ENTRIES).toContain('src/cli.ts');
    expect(ENTRIES.filter((entry) => !SOURCES.has(entry))).toEqual([]);
    expect(findUnreached(importGraph(SOURCES), ENTRIES)).toEqual([]);
  });

  test('exports: every one is imported somewhere', () => {
    const written = new Map([...SOURCES].filter(([path]) => !path.endsWith('.generated.ts')));
    expect(findUnusedExports(written, new Map([...SOURCES, ...USERS]), ENTRIES)).toEqual([]);
  });
});

describe('words', () => {
  test.each([
    'const a = Date.now();',
    'const a = new Date();',
    'const a = Math.random();',
    'const a = process.env;',
    'process.exit(1);',
    'console.log(a);',
    'setInterval(a, 1);',
    'const a: any = b;',
    'const a = b as any;',
    'const a: Map<string, any> = b;',
    "export * from './a.ts';",
    'export default function a() {}',
    'new Function(a);',
    'enum Colour { Red }',
    '// @ts-ignore: because',
    '// TODO: later',
  ])('are found: %s', (line) => {
    expect(bannedWordProblems('src/room/a.ts', `const b = 1;\n${line}`)).toHaveLength(1);
    expect(bannedWordProblems('src/room/a.ts', `const b = 1;\n${line}`)[0]).toContain('src/room/a.ts:2: no ');
  });

  test.each([
    '// new Date() gives the present',
    "const a = 'any, console, Date.now()';",
    'const a = new Date(b);',
    'const a = AbortSignal.any([b]);',
    'const many = { any: 1 };',
  ])('that mean something else pass: %s', (line) => {
    expect(bannedWordProblems('src/room/a.ts', line)).toEqual([]);
  });

  test('are allowed in the file that makes the thing, and in no other', () => {
    expect(bannedWordProblems('src/core/clock.ts', 'const a = new Date();')).toEqual([]);
    expect(bannedWordProblems('src/core/errors.ts', 'const a = new Date();')).toHaveLength(1);
  });

  test('that are banned do not occur', () => {
    expect(each((path, text) => bannedWordProblems(path, text))).toEqual([]);
  });

  test('that put work off do not occur in tests and scripts either', () => {
    const lines = /\b(?:TO[D]O|FIX[M]E)\b|\b(?:describe|test|it)\.(?:only|skip|todo)\b/;
    const others = new Map(
      [...USERS].filter(([path]) => path !== 'test/tidy.test.ts' && !path.startsWith('test/tidy/')),
    );
    expect(each((path, text) => (lines.test(text) ? [path] : []), others)).toEqual([]);
  });
});

describe('secrets', () => {
  test.each([
    'if (password === given) return;',
    'if (given !== claim.signature) return;',
    'return row.secret === other.secret;',
    'return a == sessionToken;',
  ])('compared by their text are found: %s', (line) => {
    expect(comparedSecretProblems('src/room/a.ts', line)).toHaveLength(1);
  });

  test.each([
    'if (password === undefined) return;',
    "if (password === '') return;",
    'if (password.length === max) return;',
    "if (typeof secret === 'string') return;",
    'if (secret.equals(given) === true) return;',
    'if (token.kind === kind) return;',
  ])('looked at for something else pass: %s', (line) => {
    expect(comparedSecretProblems('src/room/a.ts', line)).toEqual([]);
  });

  test('are never compared by their text', () => {
    expect(each((path, text) => comparedSecretProblems(path, text, MAY_COMPARE))).toEqual([]);
  });

  test('revealed in a file that is not on the list are found', () => {
    const text = 'log(secret.reveal());';
    expect(revealProblems('src/log.ts', text, MAY_REVEAL)).toHaveLength(1);
    expect(revealProblems('src/config.ts', text, MAY_REVEAL)).toEqual([]);
  });

  test('are revealed only in the files on the list, and each of those still does', () => {
    expect(each((path, text) => revealProblems(path, text, MAY_REVEAL))).toEqual([]);
    const idle = [...MAY_REVEAL].filter((path) => !SOURCES.get(path)?.includes('.reveal()'));
    expect(idle).toEqual([]);
  });
});

describe('files', () => {
  test('have names in kebab-case', () => {
    const form = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.generated|\.test)?\.ts$/;
    const wrong = [...SOURCES.keys(), ...TESTS.keys()].filter(
      (path) => !form.test(path.split('/').at(-1) ?? ''),
    );
    expect(wrong).toEqual([]);
  });

  test('are short, or say why not', () => {
    const long = [...SOURCES]
      .filter(([path]) => !path.endsWith('.generated.ts'))
      .filter(([, text]) => text.split('\n').length > LINES_MAX + 1)
      .map(([path]) => path);
    expect(long.filter((path) => !MAY_BE_LONG.has(path))).toEqual([]);
  });

  test('say in a comment what they are for', () => {
    const silent = [...SOURCES].filter(([, text]) => !/^\/\*\*/m.test(text)).map(([path]) => path);
    expect(silent).toEqual([]);
  });

  test('of the package are all there', () => {
    expect(readText('LICENSE')).toContain('Apache License');
    expect(readText('NOTICE')).toContain('Keyshift');
  });
});

describe('statements on tables of accounts', () => {
  const tables = new Set(['users', 'keys']);
  const found = (sql: string, more = '') => unboundReferences('a.ts', `${more}\nquery(\`${sql}\`);`, tables);

  test('that no condition binds to an account are found', () => {
    expect(found('SELECT account_id, name FROM keyshift.users WHERE name = $1')).toEqual(['a.ts users']);
    expect(found('DELETE FROM keyshift.keys')).toEqual(['a.ts keys']);
    expect(found('UPDATE keyshift.users SET name = $1 WHERE id = $2')).toEqual(['a.ts users']);
    const joined = 'SELECT 1 FROM keyshift.users u JOIN keyshift.keys k ON';
    expect(found(`${joined} k.id = u.id WHERE u.account_id = $1`)).toEqual(['a.ts keys']);
    const constant = `const WHERE = 'id = $1';`;
    expect(found(['SELECT 1 FROM keyshift.users WHERE $', '{WHERE}'].join(''), constant)).toEqual([
      'a.ts users',
    ]);
  });

  test('that are bound to one, or are on other tables, are not', () => {
    expect(found('SELECT 1 FROM keyshift.users WHERE account_id = $1 AND name = $2')).toEqual([]);
    const joined = 'SELECT 1 FROM keyshift.users u JOIN keyshift.keys k ON';
    expect(found(`${joined} k.account_id = u.account_id WHERE u.account_id = $1`)).toEqual([]);
    expect(found('SELECT 1 FROM keyshift.installation')).toEqual([]);
    const constant = `const WHERE = 'account_id = $1';`;
    expect(found(['SELECT 1 FROM keyshift.users WHERE $', '{WHERE}'].join(''), constant)).toEqual([]);
  });

  test('are bound to an account, but for those with a reason', () => {
    const known = tablesOfAccounts(readTexts('src/store/migrations', '.sql').values());
    expect(known.size).toBeGreaterThan(35);
    const unbound = each((path, text) => unboundReferences(path, text, known));
    expect(unbound.sort()).toEqual([...UNBOUND.keys()].flatMap((name) => repeated(name)).sort());
  });
});

const repeated = (name: string): string[] =>
  Array.from({ length: UNBOUND.get(name)?.times ?? 0 }, () => name);
