// Where the outlet sends: a Kinesis stream, whose readers each read all of it, or an EventBridge bus, whose rules choose.
import type { EventBus } from '../../src/platform/event-bus.ts';
import { OUTLET_EVENT_SOURCE } from '../../src/platform/names.ts';
import type { OutgoingStream } from '../../src/platform/outgoing-stream.ts';

export interface SentMessage {
  readonly key: string;
  /** JSON, with `id` and `kind`. */
  readonly body: string;
}

export interface Destination {
  /** A call takes so many messages, and so many bytes of them. */
  readonly most: number;
  readonly mostBytes: number;
  /** One answer a message, in order: undefined, or why it was not taken. Rejects where none was. */
  put(messages: readonly SentMessage[]): Promise<readonly (string | undefined)[]>;
}

/** The key is the partition key: messages of a series come in order, except those that a call accepted later than others. */
export function toStream(stream: OutgoingStream): Destination {
  return {
    most: 500,
    mostBytes: 4_000_000,
    put: (messages) =>
      stream.put(
        messages.map(({ key, body }) => ({ partitionKey: partitionKey(key), data: Buffer.from(body) })),
      ),
  };
}

export function toBus(bus: EventBus): Destination {
  return {
    most: 10,
    // 256 KB a call, names and types of the entries among them.
    mostBytes: 240_000,
    put: (messages) =>
      bus.put(
        messages.map(({ body }) => ({ source: OUTLET_EVENT_SOURCE, detailType: kindOf(body), detail: body })),
      ),
  };
}

const MAX_PARTITION_KEY = 256;

function partitionKey(key: string): string {
  return [...key].slice(0, MAX_PARTITION_KEY).join('');
}

function kindOf(body: string): string {
  const message: unknown = JSON.parse(body);
  const kind =
    typeof message === 'object' && message !== null && 'kind' in message ? message.kind : undefined;
  if (typeof kind === 'string') return kind;
  throw new Error(`message of the outlet: found no kind in ${body.slice(0, 100)}, expected a text`);
}
