// Lets requests pass or not: by the stage's limit of each method, and by the usage plan of the request's key.
import type { RestApi, RestMethod, Throttle, UsagePlan } from './rest-api.ts';
import { TokenBucket } from './token-bucket.ts';

/** The account's limits in a region, which hold where the template says nothing. */
const ACCOUNT = { rate: 10_000, burst: 5_000 };

export interface Throttles {
  /** Whether the stage's limits admit a request. */
  admits(method: RestMethod, nowMs: number): boolean;
  /** Whether the limits of the key's usage plan admit a request. A key without a plan counts as no such key. */
  admitsKey(keyValue: string, nowMs: number): 'admitted' | 'throttled' | 'no-such-key';
}

export function createThrottles({ stage, usagePlans }: Pick<RestApi, 'stage' | 'usagePlans'>): Throttles {
  const buckets = new Map<string, TokenBucket>();
  const bucket = (name: string, { rate, burst }: Throttle, nowMs: number): TokenBucket => {
    const found = buckets.get(name);
    if (found !== undefined) return found;
    const made = new TokenBucket({ rate: rate ?? ACCOUNT.rate, burst: burst ?? ACCOUNT.burst, nowMs });
    buckets.set(name, made);
    return made;
  };
  const planOf = (keyValue: string): UsagePlan | undefined =>
    usagePlans.find(({ keyValues }) => keyValues.includes(keyValue));
  return {
    admits(method, nowMs) {
      const limit = stage.throttles.find(
        ({ path, httpMethod }) =>
          (path === '/*' || path === method.path) && (httpMethod === '*' || httpMethod === method.httpMethod),
      );
      // A limit of `/*` holds for each method by itself, as on API Gateway.
      return bucket(`${method.httpMethod} ${method.path}`, limit ?? ACCOUNT, nowMs).take(nowMs);
    },
    admitsKey(keyValue, nowMs) {
      const plan = planOf(keyValue);
      if (plan === undefined) return 'no-such-key';
      return bucket(`key ${keyValue}`, plan, nowMs).take(nowMs) ? 'admitted' : 'throttled';
    },
  };
}
