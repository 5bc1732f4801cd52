/** What the translation must know of a role, as far as the database has told it. */
export interface RoleFacts {
  readonly exists: boolean;
  /** Redshift's superuser: CREATEROLE, and a member of `keyshift_superuser`. */
  readonly superuser: boolean;
  /** VALID UNTIL is '-infinity', whether or not there is a password: a user can give itself one inside a function. */
  readonly passwordDisabled: boolean;
  /** False for a group. */
  readonly canLogin: boolean;
}

const NO_ROLE: RoleFacts = { exists: false, superuser: false, passwordDisabled: false, canLogin: false };

type Source = () => Promise<RoleFacts>;

/**
 * Roles as they will be when the next statement of a text runs: as they are now, and what earlier statements of
 * the same text, which have not run yet, make of them. Nothing is asked that is not needed.
 */
export class KnownRoles {
  readonly #ask: (name: string) => Promise<RoleFacts>;
  readonly #changed = new Map<string, Source>();

  constructor(ask: (name: string) => Promise<RoleFacts>) {
    this.#ask = ask;
  }

  of(name: string): Promise<RoleFacts> {
    return this.#source(name)();
  }

  /** The role was created, or altered. */
  became(name: string, facts: RoleFacts): void {
    this.#changed.set(name, () => Promise.resolve(facts));
  }

  renamed(name: string, newName: string): void {
    this.#changed.set(newName, this.#source(name));
    this.became(name, NO_ROLE);
  }

  dropped(name: string): void {
    this.became(name, NO_ROLE);
  }

  #source(name: string): Source {
    return this.#changed.get(name) ?? (() => this.#ask(name));
  }
}
