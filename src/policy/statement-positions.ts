import { isJsonArray, isJsonObject, readPlacedJson } from './json.ts';

/**
 * Where the statements of a document stand in its text, as IAM's policy simulator counts: lines and columns from 1.
 * A statement starts where what comes before it has ended (the opening bracket of the list, or the statement
 * before), a single statement after its own brace; it ends after its closing brace.
 * Source: answers of the real service in its CLI reference, "simulate-custom-policy" and "simulate-principal-policy".
 */

/** A place in a text. Lines end at a line feed, at a carriage return, or at both together. */
export interface TextPosition {
  readonly line: number;
  readonly column: number;
}

export interface StatementPosition {
  readonly start: TextPosition;
  readonly end: TextPosition;
}

const LINE_END = /\r\n|\r|\n/g;

/** The positions of all statements, in the order of the document. The text has been parsed as a policy before. */
export function statementPositions(text: string): readonly StatementPosition[] {
  const { value: root, spans } = readPlacedJson(text);
  const statements = isJsonObject(root) ? root.get('Statement') : undefined;
  const place = placesIn(text);
  if (!isJsonArray(statements)) {
    const span = spans.get(statements ?? null);
    return span === undefined ? [] : [{ start: place(span.start + 1), end: place(span.end) }];
  }
  let before = (spans.get(statements)?.start ?? 0) + 1;
  return statements.map((statement) => {
    const start = place(before);
    before = spans.get(statement)?.end ?? before;
    return { start, end: place(before) };
  });
}

/** For offsets that never go back. */
function placesIn(text: string): (offset: number) => TextPosition {
  const lineStarts = [0];
  for (const { index, 0: ending } of text.matchAll(LINE_END)) lineStarts.push(index + ending.length);
  let line = 0;
  return (offset) => {
    while ((lineStarts[line + 1] ?? Number.POSITIVE_INFINITY) <= offset) line += 1;
    return { line: line + 1, column: offset - (lineStarts[line] ?? 0) + 1 };
  };
}
