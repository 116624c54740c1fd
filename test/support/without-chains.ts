// A state as releases knew it that did not count what they closed and handed on.
import type { comparableState } from './stream-runner.ts';

type Comparable = ReturnType<typeof comparableState>;

export function withoutChains({ handedOn, aggregations, closed, letters, ...rest }: Comparable) {
  return {
    ...rest,
    aggregations: aggregations.map(({ chain, ...aggregation }) => aggregation),
    closed: closed.map(({ link, ...window }) => window),
    letters: letters.map(({ number, ...letter }) => letter),
  };
}
