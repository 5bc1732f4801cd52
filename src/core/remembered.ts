/**
 * Results for texts that come again and again: most requests of a client have the same credential scope, the same
 * header names and the same list of signed headers.
 */

/** Characters of a text whose result is kept; what is longer is rare and would cost memory. */
const CHARACTERS_MAX = 256;
/** Results kept of one function. Past it all are forgotten: whoever makes up texts costs others no more than that. */
const RESULTS_MAX = 1000;

/** `make`, which must give the same for the same text, without asking it again for a text it was asked lately. */
export function remembered<T extends object | string>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found;
    if (text.length > CHARACTERS_MAX) return make(text);
    // A part of a request's text would keep all of it in memory.
    const own = Buffer.from(text, 'utf16le').toString('utf16le');
    const made = make(own);
    if (known.size >= RESULTS_MAX) known.clear();
    known.set(own, made);
    return made;
  };
}
