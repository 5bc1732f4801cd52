import { messageOf } from './core/errors.ts';
import type { Logger } from './core/logger.ts';

/** What must be ended, in the reverse order of its beginning. Each thing is ended once, whatever the others do. */
export class Cleanup {
  readonly #logger: Logger;
  readonly #steps: { readonly name: string; readonly end: () => Promise<void> }[] = [];

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  add(name: string, end: () => Promise<void>): void {
    this.#steps.push({ name, end });
  }

  /** Does `work` again and again until the end, and once more then. A failure is logged and tried next time. */
  every(ms: number, work: () => Promise<void>): void {
    let last = Promise.resolve();
    // One after the other, so that the end also waits for a run that is under way.
    const once = (): Promise<void> => {
      last = last
        .then(work)
        .catch((error: unknown) => this.#logger.warn({ cause: messageOf(error) }, 'regular work failed'));
      return last;
    };
    const timer = setInterval(once, ms).unref();
    this.add('regular work', async () => {
      clearInterval(timer);
      await once();
    });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.end();
      } catch (error) {
        this.#logger.warn({ step: step.name, cause: messageOf(error) }, 'could not be ended cleanly');
      }
    }
  }
}
