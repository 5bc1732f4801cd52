import { SqlError } from '../core/errors.ts';

/**
 * The startup parameter `options`: a command line for the backend. It is taken apart here and never passed on
 * as it is, because it could set what the gateway does not allow (CVE-2025-12819).
 * Source: PostgreSQL 18 manual, https://www.postgresql.org/docs/18/libpq-connect.html#LIBPQ-CONNECT-OPTIONS
 */

export interface Setting {
  /** As PostgreSQL reads it: hyphens have become underscores. */
  readonly name: string;
  readonly value: string;
}

const SPACE = /[ \t\n\v\f\r]/;

/**
 * The settings in the order given: `-c name=value`, `-cname=value` and `--name=value`. Throws SqlError 42601 for
 * every other switch (PostgreSQL's short forms of settings are not needed by any driver).
 */
export function readOptions(text: string): Setting[] {
  const words = splitWords(text);
  const settings: Setting[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '-c') {
      i += 1;
      settings.push(readSetting(words[i] ?? ''));
    } else if (word.startsWith('-c') || word.startsWith('--')) {
      settings.push(readSetting(word.slice(2)));
    } else {
      throw new SqlError('42601', `invalid command-line argument for server process: ${word}`);
    }
  }
  return settings;
}

function readSetting(word: string): Setting {
  const equals = word.indexOf('=');
  if (equals < 1) throw new SqlError('42601', `startup option needs the form name=value: ${word}`);
  return { name: word.slice(0, equals).replaceAll('-', '_'), value: word.slice(equals + 1) };
}

/** Words end at white space; a backslash makes the next character an ordinary one. */
function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let escaped = false;
  for (const character of text) {
    if (escaped) {
      word = (word ?? '') + character;
      escaped = false;
    } else if (character === '\\') {
      word ??= '';
      escaped = true;
    } else if (!SPACE.test(character)) {
      word = (word ?? '') + character;
    } else if (word !== undefined) {
      words.push(word);
      word = undefined;
    }
  }
  return word === undefined ? words : [...words, word];
}
