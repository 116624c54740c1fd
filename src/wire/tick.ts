// A tick: a record that is no event and in no books. The scheduled closer puts one into each open shard; that it has been read says
// that everything before it has. It has no contents: its arrival in the stream is all it says, and that is not its writer's to choose.

/** No JSON, and nothing of any shape. */
export const TICK_DATA = '\u0001tidemill tick';

const TICK_BASE64 = Buffer.from(TICK_DATA).toString('base64');

/** `data`: a record's base64. */
export function isTick(data: string): boolean {
  return data === TICK_BASE64;
}
