import {
  COLON,
  characterWidth,
  ONE,
  ONE_IN_SEGMENT,
  RUN,
  RUN_IN_SEGMENT,
  type Token,
  type Wildcard,
} from './tokens.ts';

/**
 * Matching without trying: token by token, the set of all places that a match can have reached. It takes the same
 * time for every text and pattern of a length (their product, 32 places at once), and so is for hostile ones.
 */

/** Places of a text, one bit each: place 0 is before the first code unit. */
type Places = Uint32Array;

const WORD_RANGE = 2 ** 32;

/** True if the tokens match the whole of `text`. */
export function placesMatch(tokens: readonly Token[], text: string): boolean {
  const marks = new Marks(text);
  const reached = marks.none();
  put(reached, 0);
  for (const token of tokens) {
    if (typeof token !== 'string') goOverWildcard(reached, token, marks);
    else {
      for (let at = 0; at < token.length; at += 1) {
        keep(reached, marks.before(token.charCodeAt(at)));
        move(reached, 1);
      }
    }
  }
  return ((reached[text.length >>> 5] ?? 0) & (1 << (text.length & 31))) !== 0;
}

/** Before what each place of a text stands. */
class Marks {
  readonly #words: number;
  readonly #byCode = new Map<number, Places>();
  /** Places before any code unit but a colon. */
  readonly inSegment: Places;
  /** Places before a character of one code unit, and before one of two. */
  readonly narrow: Places;
  readonly wide: Places;

  constructor(text: string) {
    this.#words = (text.length >>> 5) + 1;
    this.inSegment = this.none();
    this.narrow = this.none();
    this.wide = this.none();
    for (let place = 0; place < text.length; place += 1) {
      const code = text.charCodeAt(place);
      const places = this.#byCode.get(code) ?? this.none();
      this.#byCode.set(code, places);
      put(places, place);
      if (code !== COLON) put(this.inSegment, place);
      put(characterWidth(text, place) === 1 ? this.narrow : this.wide, place);
    }
  }

  none(): Places {
    return new Uint32Array(this.#words);
  }

  before(code: number): Places {
    return this.#byCode.get(code) ?? this.none();
  }
}

/** Puts in place of what is reached what can be reached from there over the wildcard. */
function goOverWildcard(reached: Places, wildcard: Wildcard, marks: Marks): void {
  switch (wildcard) {
    case ONE:
      goOverOne(reached, marks);
      break;
    case ONE_IN_SEGMENT:
      keep(reached, marks.inSegment);
      goOverOne(reached, marks);
      break;
    case RUN:
      addEverythingAfter(reached);
      break;
    case RUN_IN_SEGMENT:
      spread(reached, marks.inSegment);
      break;
    default:
      wildcard satisfies never;
  }
}

function goOverOne(reached: Places, { narrow, wide }: Marks): void {
  const overWide = reached.slice();
  keep(overWide, wide);
  move(overWide, 2);
  keep(reached, narrow);
  move(reached, 1);
  for (let word = 0; word < reached.length; word += 1) {
    reached[word] = (reached[word] ?? 0) | (overWide[word] ?? 0);
  }
}

function put(places: Places, place: number): void {
  const word = place >>> 5;
  places[word] = (places[word] ?? 0) | (1 << (place & 31));
}

function keep(places: Places, kept: Places): void {
  for (let word = 0; word < places.length; word += 1) places[word] = (places[word] ?? 0) & (kept[word] ?? 0);
}

/** Moves every place on, by fewer than 32. */
function move(places: Places, by: number): void {
  let carried = 0;
  for (let word = 0; word < places.length; word += 1) {
    const bits = places[word] ?? 0;
    places[word] = (bits << by) | carried;
    carried = bits >>> (32 - by);
  }
}

function addEverythingAfter(places: Places): void {
  const first = places.findIndex((bits) => bits !== 0);
  if (first < 0) return;
  const bits = places[first] ?? 0;
  // The negative of the lowest bit has this bit and all above it.
  places[first] = -(bits & -bits);
  places.fill(WORD_RANGE - 1, first + 1);
}

/**
 * Adds every place that can be reached by going over the places in `steps`. Adding a bit to the run of ones that it
 * stands in clears the run from there on and sets the bit after it, so what the sum has changed is what is reached.
 */
function spread(places: Places, steps: Places): void {
  let carried = 0;
  for (let word = 0; word < places.length; word += 1) {
    const bits = places[word] ?? 0;
    const run = steps[word] ?? 0;
    const sum = run + ((bits & run) >>> 0) + carried;
    carried = sum >= WORD_RANGE ? 1 : 0;
    places[word] = bits | (sum ^ run);
  }
}
