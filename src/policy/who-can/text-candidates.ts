import { DEAD, type GlobAutomaton } from './glob-automaton.ts';
import type { TextDomain } from './unknown.ts';

/**
 * Texts of a domain that stand for all of its texts: whatever set of patterns some text of the domain matches,
 * one of the candidates matches exactly the same set.
 */

/** A pattern that the text is part of: with the state in which the text begins. */
export interface TextPattern {
  readonly automaton: GlobAutomaton;
  readonly from: number;
}

export interface Candidates {
  readonly texts: readonly string[];
  /** False if there may be a set of patterns that no candidate stands for. */
  readonly isComplete: boolean;
}

/** States of all patterns together. Literal texts have about one for each character, wildcards multiply them. */
const STATES_MAX = 4_000;
/** Texts kept for each state: one may be a reserved word, which the domain does not take. */
const TEXTS_PER_STATE = 2;
/** Characters that nothing waits for stand for each other; this many are tried. */
const OTHERS = 2;

interface Reached {
  readonly text: string;
  readonly states: readonly number[];
}

/** Looks through all states that a text can reach, the shortest texts first. */
export function textCandidates(domain: TextDomain, patterns: readonly TextPattern[]): Candidates {
  const visits = new Map<string, number>();
  const texts: string[] = [];
  let queue: Reached[] = [{ text: '', states: patterns.map(({ from }) => from) }];
  for (let length = 0; queue.length > 0; length++) {
    const next: Reached[] = [];
    for (const reached of queue) {
      if (length >= domain.lengthMin && domain.accepts(reached.text)) texts.push(reached.text);
      if (length === domain.lengthMax) continue;
      for (const character of nextCharacters(domain, patterns, reached)) {
        const states = patterns.map(({ automaton }, index) =>
          automaton.step(reached.states[index] ?? DEAD, character),
        );
        const name = `${Math.min(length + 1, Math.max(domain.lengthMin, 1))} ${states.join(',')}`;
        const count = visits.get(name) ?? 0;
        if (count === TEXTS_PER_STATE) continue;
        if (count === 0 && visits.size === STATES_MAX) return { texts, isComplete: false };
        visits.set(name, count + 1);
        next.push({ text: reached.text + character, states });
      }
    }
    queue = next;
  }
  return { texts, isComplete: true };
}

/** The characters that some pattern waits for, after some that none waits for: those all have the same effect. */
function nextCharacters(
  { first, characters }: TextDomain,
  patterns: readonly TextPattern[],
  { text, states }: Reached,
): string[] {
  const allowed = text === '' ? first : characters;
  const expected = new Set<string>();
  for (const [index, { automaton }] of patterns.entries()) {
    for (const character of automaton.expects(states[index] ?? DEAD)) expected.add(character);
  }
  const next: string[] = [];
  for (let at = 0; at < allowed.length && next.length < OTHERS; at++) {
    const character = allowed.charAt(at);
    if (!expected.has(character)) next.push(character);
  }
  for (const character of expected) if (allowed.includes(character)) next.push(character);
  return next;
}
