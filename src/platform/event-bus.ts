// Where events go that others may want: EventBridge, and whatever stands in for it.
import {
  EventBridgeClient,
  type EventBridgeClientConfig,
  PutEventsCommand,
} from '@aws-sdk/client-eventbridge';
import { handlerOf, type TimeLimits } from './time-limits.ts';

export interface BusEntry {
  readonly source: string;
  readonly detailType: string;
  /** JSON. */
  readonly detail: string;
}

export interface EventBus {
  /** At most ten entries. One answer an entry, in order: undefined, or why it was not taken. Rejects where none was. */
  put(entries: readonly BusEntry[]): Promise<readonly (string | undefined)[]>;
}

/** Four attempts of these end well before a function's minute does. */
const LIMITS: TimeLimits = { connectMs: 2_000, answerMs: 5_000 };

/** Region and endpoint come from the environment; `overrides` stand before everything. */
export function createEventBridgeBus(
  busName: string,
  overrides: EventBridgeClientConfig = {},
  limits: TimeLimits = LIMITS,
): EventBus {
  const client = new EventBridgeClient({ maxAttempts: 4, requestHandler: handlerOf(limits), ...overrides });
  return {
    async put(entries) {
      const answer = await client.send(
        new PutEventsCommand({
          Entries: entries.map(({ source, detailType, detail }) => ({
            Source: source,
            DetailType: detailType,
            Detail: detail,
            EventBusName: busName,
          })),
        }),
      );
      return entries.map((_, at) => {
        const result = answer.Entries?.[at];
        if (result === undefined) return 'no answer for the entry';
        return result.ErrorCode === undefined
          ? undefined
          : `${result.ErrorCode}: ${result.ErrorMessage ?? ''}`;
      });
    },
  };
}
