/**
 * The symbol of a QR code: its fixed patterns, and the way that the data takes around them.
 * Source: ISO/IEC 18004:2015, sections 6.3 and 7.7 to 7.10.
 */

/** Format bits of level L with mask 0, after BCH and the mask of the standard. Table C.1. */
const FORMAT_L_0 = 0b111011111000100;
/** Mask 0 turns every second module around. Any mask may be chosen: readers learn it from the format bits. */
const mask = (row: number, column: number): boolean => (row + column) % 2 === 0;

export class QrMatrix {
  readonly #size: number;
  readonly #version: number;
  readonly #dark: boolean[][];
  /** Modules of patterns, which data goes around. */
  readonly #fixed: boolean[][];

  constructor(version: number) {
    this.#version = version;
    this.#size = 17 + 4 * version;
    const blank = (): boolean[][] =>
      Array.from({ length: this.#size }, () => Array.from({ length: this.#size }, () => false));
    this.#dark = blank();
    this.#fixed = blank();
    this.#timing();
    this.#finders();
    this.#alignments();
    this.#format();
    this.#versionBits();
  }

  /** The modules with the data in place, masked. Two columns at a time, from the right, up and down in turn. */
  withBytes(bytes: Uint8Array): readonly (readonly boolean[])[] {
    let bit = 0;
    for (let right = this.#size - 1; right >= 1; right -= 2) {
      if (right === 6) right = 5;
      const isUpward = ((right + 1) & 2) === 0;
      for (let step = 0; step < this.#size; step++) {
        const row = isUpward ? this.#size - 1 - step : step;
        for (const column of [right, right - 1]) {
          if (this.#fixed[row]?.[column] === true) continue;
          const value = (((bytes[bit >>> 3] ?? 0) >>> (7 - (bit & 7))) & 1) === 1;
          this.#put(row, column, value !== mask(row, column));
          bit += 1;
        }
      }
    }
    return this.#dark;
  }

  #timing(): void {
    for (let index = 0; index < this.#size; index++) {
      this.#fix(6, index, index % 2 === 0);
      this.#fix(index, 6, index % 2 === 0);
    }
  }

  /** Three squares with the light border around each. */
  #finders(): void {
    const far = this.#size - 4;
    for (const [middleRow, middleColumn] of [
      [3, 3],
      [3, far],
      [far, 3],
    ] as const) {
      for (let row = -4; row <= 4; row++) {
        for (let column = -4; column <= 4; column++) {
          const ring = Math.max(Math.abs(row), Math.abs(column));
          this.#fix(middleRow + row, middleColumn + column, ring !== 2 && ring !== 4);
        }
      }
    }
  }

  #alignments(): void {
    const places = alignmentPlaces(this.#version);
    const last = places.length - 1;
    places.forEach((row, i) => {
      places.forEach((column, j) => {
        const isFinder = (i === 0 && j === 0) || (i === 0 && j === last) || (i === last && j === 0);
        if (!isFinder) this.#alignment(row, column);
      });
    });
  }

  #alignment(row: number, column: number): void {
    for (let down = -2; down <= 2; down++) {
      for (let across = -2; across <= 2; across++) {
        this.#fix(row + down, column + across, Math.max(Math.abs(down), Math.abs(across)) !== 1);
      }
    }
  }

  /** Level and mask, twice, and the module that is always dark. */
  #format(): void {
    const bit = (index: number): boolean => ((FORMAT_L_0 >>> index) & 1) === 1;
    for (let index = 0; index < 15; index++) {
      const row = index < 6 ? index : index < 8 ? index + 1 : this.#size - 15 + index;
      this.#fix(row, 8, bit(index));
      const column = index < 8 ? this.#size - 1 - index : index === 8 ? 7 : 14 - index;
      this.#fix(8, column, bit(index));
    }
    this.#fix(this.#size - 8, 8, true);
  }

  /** From version 7 on, the version stands in the symbol twice. */
  #versionBits(): void {
    if (this.#version < 7) return;
    let rest = this.#version;
    for (let index = 0; index < 12; index++) rest = (rest << 1) ^ ((rest >>> 11) * 0x1f25);
    const bits = (this.#version << 12) | rest;
    for (let index = 0; index < 18; index++) {
      const value = ((bits >>> index) & 1) === 1;
      const near = Math.floor(index / 3);
      const far = this.#size - 11 + (index % 3);
      this.#fix(near, far, value);
      this.#fix(far, near, value);
    }
  }

  #fix(row: number, column: number, dark: boolean): void {
    const line = this.#fixed[row];
    if (line === undefined || column < 0 || column >= this.#size) return;
    line[column] = true;
    this.#put(row, column, dark);
  }

  #put(row: number, column: number, dark: boolean): void {
    const line = this.#dark[row];
    if (line !== undefined) line[column] = dark;
  }
}

/** Rows and columns of the middles of the alignment patterns. Annex E, whose table this formula gives. */
function alignmentPlaces(version: number): readonly number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = Math.floor((version * 8 + count * 3 + 5) / (count * 4 - 4)) * 2;
  const last = version * 4 + 10;
  const others = Array.from({ length: count - 1 }, (_, index) => last - index * step);
  return [6, ...others.reverse()];
}
