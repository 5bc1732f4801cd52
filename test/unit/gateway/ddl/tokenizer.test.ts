import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';

import { RESERVED_KEYWORDS } from '../../../../src/gateway/ddl/keywords.ts';
import { splitStatements } from '../../../../src/gateway/ddl/split-statements.ts';
import { type Token, tokenize } from '../../../../src/gateway/ddl/tokenizer.ts';
import { isReservedKeyword, oracleIsReady, oracleStatements, oracleTokens } from './oracle.ts';
import { OTHER_STATEMENTS } from './statements.ts';

beforeAll(() => oracleIsReady);

const tokensOf = (sql: string, standardConformingStrings = true): readonly Token[] | undefined =>
  tokenize(sql, standardConformingStrings);

const valuesOf = (sql: string, standardConformingStrings = true): string[] | undefined =>
  tokensOf(sql, standardConformingStrings)?.map(({ kind, value }) => `${kind} ${value}`);

/** Tokens as the oracle gives them: operators are many symbols to us, and an UESCAPE clause a part of its token. */
function comparable(sql: string): { ours: unknown; oracle: unknown } {
  const place = ({ kind, start, end }: Pick<Token, 'kind' | 'start' | 'end'>): string =>
    `${kind} ${start}-${end}`;
  const ours = tokensOf(sql)?.filter((token) => token.kind !== 'symbol');
  const oracle = oracleTokens(sql)?.filter((token) => token.kind !== 'symbol');
  return { ours: ours?.map(place), oracle: oracle?.map(place) };
}

/** Where the oracle differs from a server, as it says itself; the server's way is tested below. */
const hasCommentAfterString = (sql: string): boolean => /'\s*--/.test(sql);

/** Pieces that, put together at random, open and close everything that can be opened. */
const pieces = fc.constantFrom(
  ...`' '' " "" ; -- /* */ $$ $a$ $b$ $1 $ ( ) , . E' e' U&' u&" B' x' N' \\ \\' \\\\ CREATE USER user x é ß 1 1.5 .5
  1..2 0x1F 1_0 e5 + - * / < > = ~ ! @ # % ^ & | ? : :: [] a$b a$$b`.split(/\s+/),
  ' ',
  '\n',
  '\r',
  '\t',
  '\u00a0',
  '\u212a',
);

describe('the tokenizer', () => {
  it.each(OTHER_STATEMENTS)('cuts as PostgreSQL does: %s', (sql) => {
    const { ours, oracle } = comparable(sql);
    expect(oracle).toBeDefined();
    expect(ours).toEqual(oracle);
  });

  it('cuts any text as PostgreSQL does, or gives it up', () => {
    let understood = 0;
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const sql = parts.join('');
        fc.pre(!hasCommentAfterString(sql));
        const { ours, oracle } = comparable(sql);
        if (ours === undefined) return;
        understood += 1;
        expect(ours).toEqual(oracle);
      }),
      { numRuns: 4_000 },
    );
    expect(understood).toBeGreaterThan(500);
  });

  it('gives up no text without a rare form that PostgreSQL takes', () => {
    const plain = fc.constantFrom("'a'", "'b''c'", "E'd\\'e'", '"f""g"', '$$h$$', '$i$j$$k$i$', '/* l /* m */ n */', '-- o\n', ' ', '\n', 'create', 'é1', '1.5', ';', '+', '(', ')'); // biome-ignore format: one line of pieces
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 14 }), (parts) => {
        const sql = parts.join(' ');
        fc.pre(!hasCommentAfterString(sql));
        const { ours, oracle } = comparable(sql);
        expect(ours).toEqual(oracle);
        expect(ours).toBeDefined();
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["'a''b'", "string a'b"],
    ["'a\\'", 'string a\\'],
    ["E'a\\'b\\n\\x41\\101\\u0041\\U00000041\\q'", "string a'b\nAAAAq"],
    ["e'\\\\'", 'string \\'],
    ["'a'\n  'b' -- c\n 'd'", 'string abd'],
    ["E'a\\n'\n'b\\n'", 'string a\nb\n'],
    ["U&'\\0061\\+000062\\\\'", 'string ab\\'],
    ["U&'!0061!!' UESCAPE '!'", 'string a!'],
    ['U&"d\\0061ta"', 'name data'],
    ['U&"d!0061ta" /* c */ uescape \'!\'', 'name data'],
    ['"A""b"', 'name A"b'],
    ['$$a\'b"c$$', 'string a\'b"c'],
    ['$x$a$$b$x$', 'string a$$b'],
    ['CREATE', 'word create'],
    ['\u212aEY', 'word \u212aey'],
    ['İD', 'word İd'],
    ['a$b$c', 'word a$b$c'],
    ["B'01'", 'other 01'],
    ['$12', 'other $12'],
  ])('understands %j', (sql, value) => {
    expect(valuesOf(sql)).toEqual([value]);
  });

  it('takes a backslash for an escape in plain strings when standard_conforming_strings is off', () => {
    expect(valuesOf("'a\\'; create user x; --'", false)).toEqual(["string a'; create user x; --"]);
    expect(valuesOf("'a\\'; x", true)).toEqual(['string a\\', 'symbol ;', 'word x']);
    expect(valuesOf('$$a\\$$', false)).toEqual(['string a\\']);
  });

  it.each([
    "'open",
    '"open',
    '$$open',
    '$a$open$b$',
    '/* open /* */',
    "E'open\\'",
    '""',
    '1a',
    '$1a',
    '$',
    "E'\\u12'",
    "E'\\xff'",
    "E'\\000'",
    "U&'\\00'",
    "U&'\\d800'",
    "U&'\\0061' uescape 'aa'",
    "U&'\\0061' uescape '+'",
    "U&'\\0061' uescape x",
  ])('gives up %s', (sql) => {
    expect(tokensOf(sql)).toBeUndefined();
  });

  it('takes hostile texts in linear time', () => {
    const length = 60_000;
    const texts = [
      "'a'--".padEnd(length, '-'),
      "'a'\n".repeat(length / 4),
      '/*'.repeat(length / 2),
      '$a'.repeat(length / 2),
      `${'$a$'.repeat(length / 3)}`,
      '"'.repeat(length + 1),
      "'".repeat(length + 1),
      `E'${'\\'.repeat(length)}`,
      'U&"a" '.repeat(length / 6),
      `U&"a"${' '.repeat(length)}`,
      '1_'.repeat(length / 2),
      '1.'.repeat(length / 2),
      `'a'${' \n--'.repeat(length / 4)}`,
      ';'.repeat(length),
    ];
    const startedAt = performance.now();
    for (const text of texts) tokenize(text, true);
    // Far above what linear time needs on a busy machine, far below what anything else would.
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('the statement splitter', () => {
  const textsOf = (sql: string): string[] | undefined => {
    const tokens = tokenize(sql, true);
    return tokens && splitStatements(tokens)?.map((tokens) => sql.slice(tokens[0].start, tokens.at(-1)?.end));
  };

  it('splits where PostgreSQL splits', () => {
    const space = fc.constantFrom('', ' ', '\n', ' /* ; */ ', '-- ;\n', ';', ' ; ;');
    const texts = fc.array(fc.tuple(space, fc.constantFrom(...OTHER_STATEMENTS), space), {
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(texts, (list) => {
        // A line comment at the end of a statement would swallow the semicolon.
        const sql = list.map(([before, statement, after]) => `${before}${statement}\n${after};`).join('');
        const oracle = oracleStatements(sql);
        expect(oracle).toBeDefined();
        const withoutEdges = (text: string): string[] => textsOf(text) ?? [];
        expect(textsOf(sql)).toEqual((oracle ?? []).flatMap(({ text }) => withoutEdges(text)));
        expect(textsOf(sql)).toHaveLength(oracle?.length ?? -1);
      }),
      { numRuns: 300 },
    );
  });

  it('finds no statement in nothing', () => {
    expect(textsOf('')).toEqual([]);
    expect(textsOf(' ; /* x */ ;; -- y')).toEqual([]);
  });

  it('does not split the rules of a table', () => {
    expect(textsOf('create rule r as on insert to t do (select 1; select 2); select 3')).toHaveLength(2);
  });

  it('gives up function bodies in SQL', () => {
    expect(
      textsOf('create function f() returns int begin atomic; select 1; end; drop user x'),
    ).toBeUndefined();
  });
});

describe('the list of reserved words', () => {
  it('has only words that PostgreSQL reserves', () => {
    for (const word of RESERVED_KEYWORDS) expect([word, isReservedKeyword(word)]).toEqual([word, true]);
  });

  it('has every word that PostgreSQL reserves and somebody may try as a name', () => {
    const words = OTHER_STATEMENTS.flatMap((sql) => tokenize(sql, true) ?? [])
      .filter((token) => token.kind === 'word')
      .map((token) => token.value);
    for (const word of new Set(words))
      expect([word, RESERVED_KEYWORDS.has(word)]).toEqual([word, isReservedKeyword(word)]);
  });
});
