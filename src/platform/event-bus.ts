// Where events go that others may want: EventBridge, and whatever stands in for it.
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

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

/** Region and endpoint come from the environment. */
export function createEventBridgeBus(busName: string): EventBus {
  const client = new EventBridgeClient({
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 10_000 },
  });
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
