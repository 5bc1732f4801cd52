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
/** Characters beside those of the patterns, which stand for all others. */
const OTHERS = 3;

interface Reached {
  readonly text: string;
  readonly states: readonly number[];
}

/** Looks through all states that a text can reach, the shortest texts first. */
export function textCandidates(domain: TextDomain, patterns: readonly TextPattern[]): Candidates {
  const { first, all } = alphabetOf(domain, patterns);
  const visits = new Map<string, number>();
  const texts: string[] = [];
  let queue: Reached[] = [{ text: '', states: patterns.map(({ from }) => from) }];
  for (let length = 0; queue.length > 0; length++) {
    const next: Reached[] = [];
    for (const reached of queue) {
      if (length >= domain.lengthMin && domain.accepts(reached.text)) texts.push(reached.text);
      if (length === domain.lengthMax) continue;
      for (const character of length === 0 ? first : all) {
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

/** The characters that patterns can tell apart, and some that none of them names. */
function alphabetOf({ first, characters }: TextDomain, patterns: readonly TextPattern[]) {
  const named = new Set<string>();
  for (const { automaton } of patterns) {
    for (const character of automaton.literals()) {
      named.add(character).add(character.toUpperCase()).add(character.toLowerCase());
    }
  }
  const pick = (from: string): string[] => {
    const own = [...from];
    const others = own.filter((character) => !named.has(character)).slice(0, OTHERS);
    return [...others, ...own.filter((character) => named.has(character))];
  };
  // A colon is the one character that wildcards of ARNs treat otherwise than others.
  const colon = characters.includes(':') && !named.has(':') ? [':'] : [];
  return { first: pick(first), all: [...pick(characters), ...colon] };
}
