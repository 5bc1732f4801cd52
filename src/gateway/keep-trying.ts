/** Something that is tried until it succeeds: at once, and then after every pause. */
export class KeepTrying {
  readonly #work: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #pauseMs: number;
  #timer: NodeJS.Timeout | undefined;
  #trying: Promise<void> = Promise.resolve();
  #stopped = false;

  /** `failed` is told of every failure. */
  constructor(pauseMs: number, work: () => Promise<void>, failed: (error: unknown) => void) {
    this.#pauseMs = pauseMs;
    this.#work = work;
    this.#failed = failed;
  }

  /** Tries for the first time. Resolves when that has succeeded or failed. */
  start(): Promise<void> {
    this.#trying = this.#work().catch((error: unknown) => {
      this.#failed(error);
      if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), this.#pauseMs);
    });
    return this.#trying;
  }

  /** Ends it, and waits for the try under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#trying;
  }
}
