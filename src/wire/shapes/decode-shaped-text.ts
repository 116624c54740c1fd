// A record's text where events come in other forms too. What is an event in its own form is taken as such; of anything
// else the first shape that matches makes its events. The same text gives the same events, in the same order.
import type { ItemSink, Refusal } from '../decoded-item.ts';
import { MAX_EVENTS_PER_RECORD, tooMany } from '../record-refusals.ts';
import { UnpackBudget } from '../unpack-budget.ts';
import { documentsOf } from './documents.ts';
import { gather } from './gather.ts';
import { handPending, Letters } from './hand-pending.ts';
import type { Pending } from './pending.ts';
import type { Shaping } from './shaping.ts';

/** Hands what became of each event in `text` to `sink`; adds nothing when the text as a whole is refused. */
export function decodeShapedText(
  text: string,
  shaping: Shaping,
  sink: ItemSink,
  budget = new UnpackBudget(),
): Refusal | undefined {
  const found = documentsOf(text, { shapes: shaping.shapes, most: MAX_EVENTS_PER_RECORD + 1, budget });
  if (found.kind === 'refused') return found.refusal;
  const pending: Pending[] = [];
  const most = MAX_EVENTS_PER_RECORD - sink.count;
  for (const document of found.documents) {
    if (!gather(document, { shaping, into: pending, most })) return tooMany(MAX_EVENTS_PER_RECORD + 1);
  }
  const letters = new Letters();
  for (const each of pending) handPending(each, { shaping, sink, letters });
  return undefined;
}
