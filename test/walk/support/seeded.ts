/** Chance that can be repeated: the seed is printed, and KEYSHIFT_TEST_SEED gives it back. */

export interface Seeded {
  readonly seed: number;
  /** A whole number from 0 to below `bound`. */
  below(bound: number): number;
  oneOf<T>(choices: readonly T[]): T;
}

export function seeded(title: string): Seeded {
  const given = process.env['KEYSHIFT_TEST_SEED'];
  const seed = given === undefined ? Date.now() % 2 ** 32 : Number(given);
  process.stdout.write(`${title}: KEYSHIFT_TEST_SEED=${seed}\n`);
  // Mulberry32: enough for choosing tests, and nothing else.
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    seed,
    below,
    oneOf: (choices) => {
      const chosen = choices[below(choices.length)];
      if (chosen === undefined) throw new Error('there is nothing to choose from');
      return chosen;
    },
  };
}
