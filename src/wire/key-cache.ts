// The public keys, read from their secret now and then: again when they are old, and at once for a key that is not
// known yet, but not more often than a flood of made-up key ids could ask for.
import { decodeVerifyingKeys, type VerifyingKey } from './token-keys.ts';

export interface KeyCacheOptions {
  readonly read: () => Promise<string>;
  readonly nowMs: () => number;
  /** Keys older than this are read again before they are used. */
  readonly maxAgeMs: number;
  /** An unknown key makes them be read again if they are older than this; default 2 s. */
  readonly minAgeMs?: number;
}

export class KeyCache {
  readonly #options: Required<KeyCacheOptions>;
  #keys: readonly VerifyingKey[] = [];
  #readMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<readonly VerifyingKey[]> | undefined;

  constructor(options: KeyCacheOptions) {
    this.#options = { minAgeMs: 2_000, ...options };
  }

  /** Rejects when they are needed and cannot be read: old keys are not used for longer. */
  async current(): Promise<readonly VerifyingKey[]> {
    return this.#age() < this.#options.maxAgeMs ? this.#keys : await this.#read();
  }

  /** The keys with a newer look at the secret, where that is not too soon; else those there are. */
  async forUnknownKey(): Promise<readonly VerifyingKey[]> {
    return this.#age() < this.#options.minAgeMs ? this.#keys : await this.#read();
  }

  #age(): number {
    return this.#options.nowMs() - this.#readMs;
  }

  /** One read for all who ask meanwhile. */
  #read(): Promise<readonly VerifyingKey[]> {
    this.#reading ??= this.#readAnew().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAnew(): Promise<readonly VerifyingKey[]> {
    // The age counts from the question: what was changed since may be missing in the answer.
    const askedMs = this.#options.nowMs();
    this.#keys = decodeVerifyingKeys(await this.#options.read());
    this.#readMs = askedMs;
    return this.#keys;
  }
}
