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

/** Further events of parts that hold more values than one event may, in one record. */
const MAX_PIECES = 10_000;

/** Hands what became of each event in `text` to `sink`; adds nothing when the text as a whole is refused. */
export function decodeShapedText(
  text: string,
  shaping: Shaping,
  sink: ItemSink,
  budget = new UnpackBudget(),
): Refusal | undefined {
  const found = documentsOf(text, {
    shapes: shaping.shapes,
    record: shaping.record,
    most: MAX_EVENTS_PER_RECORD + 1,
    budget,
  });
  if (found.kind === 'refused') return found.refusal;
  const pending: Pending[] = [];
  const most = MAX_EVENTS_PER_RECORD - sink.count;
  const gathering = { shaping, into: pending, most, places: sink.index };
  for (const document of found.documents) {
    if (!gather(document, gathering)) return tooMany(MAX_EVENTS_PER_RECORD + 1);
  }
  const letters = new Letters();
  const pieces = { left: MAX_PIECES };
  for (const each of pending) {
    sink.index = each.place;
    handPending(each.found, { shaping, sink, letters, pieces });
  }
  sink.index = gathering.places;
  return undefined;
}
