/** Source text for the checks: the same lines and columns, with what is no code blanked out. */
export interface SourceText {
  /** Without comments, strings, template text and regular expressions. */
  readonly code: string;
  /** Without comments only. */
  readonly withStrings: string;
}

/** A `/` after one of these begins a regular expression; after anything else it divides. */
const BEFORE_REGEX = /(?:^|[=(,:[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|yield|await|throw))\s*$/;

const TEMPLATE_TEXT = 'template';
const CODE = 'code';

/**
 * Splits TypeScript into code and the rest. Good for this repository's formatted source, which holds no regular
 * expression after a closing parenthesis.
 */
export function readSource(text: string): SourceText {
  const code = text.split('');
  const withStrings = text.split('');
  // What encloses the present place: template texts, and the `${…}` in them, which are code again.
  const inside: { kind: typeof TEMPLATE_TEXT | typeof CODE; braces: number }[] = [{ kind: CODE, braces: 0 }];
  let at = 0;

  const blank = (end: number, ...views: string[][]): void => {
    for (; at < end && at < text.length; at++) {
      if (text[at] !== '\n') for (const view of views) view[at] = ' ';
    }
  };
  const endOf = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.test(text) ? pattern.lastIndex : text.length;
  };

  while (at < text.length) {
    const place = inside.at(-1) ?? { kind: CODE, braces: 0 };
    if (place.kind === TEMPLATE_TEXT) {
      blank(endOf(/(?:[^\\`$]|\\[\s\S]|\$(?!\{))*/y), code);
      if (text[at] === '$') {
        inside.push({ kind: CODE, braces: 0 });
        at += 2;
      } else {
        inside.pop();
        at += 1;
      }
      continue;
    }
    const character = text[at];
    if (text.startsWith('//', at)) blank(endOf(/[^\n]*/y), code, withStrings);
    else if (text.startsWith('/*', at)) blank(endOf(/\/\*[\s\S]*?\*\//y), code, withStrings);
    else if (character === "'" || character === '"') {
      const end = endOf(character === "'" ? /'(?:[^'\\\n]|\\[\s\S])*'/y : /"(?:[^"\\\n]|\\[\s\S])*"/y);
      at += 1;
      blank(end - 1, code);
      at = end;
    } else if (character === '/' && BEFORE_REGEX.test(code.slice(Math.max(0, at - 30), at).join(''))) {
      blank(endOf(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y), code);
    } else {
      if (character === '`') inside.push({ kind: TEMPLATE_TEXT, braces: 0 });
      if (character === '{') place.braces += 1;
      if (character === '}') {
        if (place.braces === 0 && inside.length > 1) inside.pop();
        else place.braces -= 1;
      }
      at += 1;
    }
  }
  return { code: code.join(''), withStrings: withStrings.join('') };
}

/** The line of a place in a text, from 1 on. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
