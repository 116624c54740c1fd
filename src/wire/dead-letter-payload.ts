// What a dead letter keeps of the data it stands for: enough to put the event into the stream again, alone.

export type DeadLetterPayload =
  /** The exact JSON text of one event, or of a record that is JSON but holds none. */
  | { readonly encoding: 'json'; readonly body: string }
  /** A record that is text, but not JSON. */
  | { readonly encoding: 'utf8'; readonly body: string }
  /** A record's data as it came. */
  | { readonly encoding: 'base64'; readonly body: string };

/** The data of a record that carries what the dead letter stands for. */
export function payloadBytes(payload: DeadLetterPayload): Buffer {
  return Buffer.from(payload.body, payload.encoding === 'base64' ? 'base64' : 'utf8');
}
