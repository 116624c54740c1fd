// API Gateway's throttle: a bucket of `burst` requests that fills at `rate` a second.

export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #filledMs: number;

  constructor({
    rate,
    burst,
    nowMs,
  }: { readonly rate: number; readonly burst: number; readonly nowMs: number }) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
    this.#filledMs = nowMs;
  }

  take(nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#rate) / 1000);
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
