// The reader's token: from the fragment of the address, which loses it at once, or typed in; kept for as long as the tab.

export interface SessionDeps {
  readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;
  readonly fragment: () => string;
  /** Puts another address into its place, without an entry in the history. */
  readonly replaceFragment: (fragment: string) => void;
}

const KEY = 'tidemill.token';

export class Session {
  readonly #deps: SessionDeps;
  #token: string | undefined;

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    const given = tokenIn(deps.fragment());
    if (given !== undefined) deps.replaceFragment('#/');
    this.#token = given ?? deps.storage.getItem(KEY) ?? undefined;
    if (given !== undefined) deps.storage.setItem(KEY, given);
  }

  get token(): string | undefined {
    return this.#token;
  }

  begin(token: string): void {
    this.#token = token;
    this.#deps.storage.setItem(KEY, token);
  }

  /** The token is not good any more, or is not to be known any more. */
  end(): void {
    this.#token = undefined;
    this.#deps.storage.removeItem(KEY);
  }
}

/** Reads `#token=…`. */
export function tokenIn(fragment: string): string | undefined {
  const [, token] = /^#token=([\w.-]+)$/.exec(fragment) ?? [];
  return token;
}

/** Whether the text has the form of a token: three parts, as a header and a subprotocol can carry them. */
export function isToken(text: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text);
}
