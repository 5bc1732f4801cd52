import { codeOfStep, stepAt } from '../../../src/iam/totp.ts';
import { decodeBase32 } from '../../walk/support/sessions.ts';
import type { ClientStep } from './step.ts';

/** What inputs and expectations of steps stand for, and whether an answer has it; `walk_steps.py` has the same rules. */

export class Mismatch extends Error {}

type Node = Readonly<Record<string | number, unknown>>;

/** What steps kept so far. */
export class StepValues {
  readonly #kept: Map<string, string>;
  /** How far the server's clock is ahead of ours. */
  clockSeconds: number;

  constructor(given: Readonly<Record<string, string>>, clockSeconds: number) {
    this.#kept = new Map(Object.entries(given));
    this.clockSeconds = clockSeconds;
  }

  find(name: string): string | undefined {
    return this.#kept.get(name);
  }

  /** The value with every text that starts with `$` replaced. */
  of(value: unknown): unknown {
    if (typeof value === 'string' && value.startsWith('$')) return this.#text(value);
    if (Array.isArray(value)) return value.map((one) => this.of(one));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.of(one)]));
  }

  keep(step: ClientStep, output: unknown): void {
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      const found = path.split('.').reduce<unknown>((inner, part) => (inner as Node)[part], output);
      this.#kept.set(name, String(plain(found)));
    }
  }

  #text(value: string): string {
    const [, seed, steps] = /^\$code:(\w+):(-?\d+)$/.exec(value) ?? [];
    const text = this.#kept.get(seed ?? value.slice(1));
    if (text === undefined) throw new Mismatch(`nothing is kept as ${value}`);
    if (seed === undefined) return text;
    const now = new Date(Date.now() + this.clockSeconds * 1000);
    return codeOfStep(decodeBase32(text), stepAt(now) + Number(steps));
  }
}

/** Throws Mismatch unless `actual` has what is expected, as `ClientStep` says. */
export function requireMatch(expected: unknown, given: unknown, values: StepValues, path = 'output'): void {
  const actual = plain(given);
  const mismatch = () =>
    new Mismatch(`${path} is ${JSON.stringify(actual)}, not ${JSON.stringify(values.of(expected))}`);
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) throw mismatch();
    expected.forEach((one, index) => {
      requireMatch(one, actual[index], values, `${path}.${index}`);
    });
  } else if (typeof expected === 'object' && expected !== null) {
    const found: unknown = typeof actual === 'string' ? JSON.parse(decodeURIComponent(actual)) : actual;
    if (typeof found !== 'object' || found === null) throw mismatch();
    for (const [key, one] of Object.entries(expected)) {
      if (!Object.hasOwn(found, key)) throw mismatch();
      requireMatch(one, (found as Node)[key], values, `${path}.${key}`);
    }
  } else if (typeof expected === 'string' && expected.startsWith('~')) {
    if (!new RegExp(`^(?:${expected.slice(1)})$`, 's').test(String(actual))) throw mismatch();
  } else if (values.of(expected) !== actual) throw mismatch();
}

/** The entries of a page, each as a text that no other entry has. */
export function entriesOf(page: unknown, lists: NonNullable<ClientStep['paged']>): string[] {
  return Object.entries(lists).flatMap(([name, key]) => {
    const entries = ((page as Node)[name] ?? []) as readonly unknown[];
    return entries.map((entry) => `${name}:${key === '' ? entry : (entry as Node)[key]}`);
  });
}

/** Bytes are texts here. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
}
