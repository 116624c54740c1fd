// Bytes of a Kinesis record to telemetry events. Every event gets an item, and so does data that is no event at all:
// nothing that a producer can send throws.
import type { TelemetryEvent } from '../core/event.ts';
import { PIECE_STEP, pieceIndex } from '../core/record-index.ts';
import { asciiText } from './ascii-text.ts';
import { decodePart, type PartOptions, quarantinePart } from './decode-part.ts';
import { decodeText } from './decode-text.ts';
import type { DecodedItem, ItemSink, QuarantinedItem, Refusal, SetAsideValues } from './decoded-item.ts';
import { isKpl, readKpl } from './kpl.ts';
import { MAX_EVENTS_PER_RECORD, tooLargeUnpacked, tooMany } from './record-refusals.ts';
import type { Shaping } from './shapes/shaping.ts';
import { isTick } from './tick.ts';
import { MAX_UNPACKED_BYTES, UnpackBudget } from './unpack-budget.ts';
import { UsualEventReader } from './usual-event.ts';

const NESTED: Refusal = {
  reason: 'kpl',
  detail: 'user record: found a KPL record, expected none in another',
};

/** What it keeps between records are texts and names, which mean the same in all of them. */
const usual = new UsualEventReader();

/**
 * Hands over what became of each event of one Kinesis record, in order; data that is no event at all is one item, and
 * an empty array none; so is a tick. `data` is the record's base64. The same data gives the same items on every delivery. With `shaping` events
 * may come in other forms too; one that is plainly in its own form is read as such first. `states`: names of states that the pipeline
 * asks for. Says whether it was aggregated by the KPL.
 */
export function decodeRecordInto(
  data: string,
  sink: ItemSink,
  shaping?: Shaping,
  states: ReadonlySet<string> | undefined = shaping?.states,
): boolean {
  if (isTick(data)) return false;
  const event = usual.read(data, states === undefined, shaping);
  if (event !== undefined) {
    sink.addEvent(event);
    return false;
  }

  const text = asciiText(data, MAX_UNPACKED_BYTES);
  if (text !== undefined && decodeText(text, sink, { shaping, states, ascii: true }) === undefined)
    return false;

  const bytes = Buffer.from(data, 'base64');
  const options = { budget: new UnpackBudget(), shaping, states };
  const isAggregated = isKpl(bytes);
  if (isAggregated) decodeAggregated(bytes, options, sink);
  else {
    const refusal = decodePart(bytes, options, sink);
    if (refusal !== undefined) sink.addQuarantined(quarantinePart(bytes, refusal, 0));
  }
  sink.unpackedBytes?.(options.budget.spent);
  return isAggregated;
}

/** What `decodeRecordInto` hands over, as a list. */
export function decodeRecord(
  data: string,
  shaping?: Shaping,
  states: ReadonlySet<string> | undefined = shaping?.states,
): DecodedItem[] {
  const list = new ItemList();
  decodeRecordInto(data, list, shaping, states);
  return list.items;
}

/** An aggregated record may be refused as a whole at its end: its items are held back until then. */
function decodeAggregated(bytes: Buffer, options: PartOptions, sink: ItemSink): void {
  const list = new ItemList();
  const refusal = decodeUserRecords(bytes, options, list);
  if (refusal !== undefined) {
    sink.addQuarantined(quarantinePart(bytes, refusal, 0));
    return;
  }
  for (const item of list.items) {
    const piece = Math.floor(item.index / PIECE_STEP);
    if (item.kind === 'event' && piece > 0) {
      sink.addPiece(item.event, piece);
      continue;
    }
    sink.index = item.index;
    if (item.kind === 'event') sink.addEvent(item.event, item.setAside);
    else sink.addQuarantined(item);
  }
}

/** Decodes each user record by itself. Gives why the record as a whole is refused, if it is. */
function decodeUserRecords(bytes: Buffer, options: PartOptions, list: ItemList): Refusal | undefined {
  const records = readKpl(bytes);
  if (records.kind === 'unreadable') return { reason: 'kpl', detail: records.detail };
  const { budget } = options;
  for (const part of records.userData) {
    const refusal = isKpl(part) ? NESTED : decodePart(part, options, list);
    if (budget.isOverrun) return tooLargeUnpacked(budget.limit);
    if (refusal?.reason === 'too-large' || refusal?.reason === 'too-many-events') return refusal;
    if (refusal !== undefined) list.addQuarantined(quarantinePart(part, refusal, list.index));
    if (list.count > MAX_EVENTS_PER_RECORD) return tooMany(list.count);
  }
  return undefined;
}

class ItemList implements ItemSink {
  readonly items: DecodedItem[] = [];
  count = 0;
  index = 0;

  addEvent(event: TelemetryEvent, setAside?: SetAsideValues): void {
    const item = { index: this.index, kind: 'event', event } as const;
    this.items.push(setAside === undefined ? item : { ...item, setAside });
    this.#next();
  }

  addPiece(event: TelemetryEvent, piece: number): void {
    this.items.push({ index: pieceIndex(this.index - 1, piece), kind: 'event', event });
  }

  addQuarantined(item: QuarantinedItem): void {
    this.items.push(item);
    this.#next();
  }

  #next(): void {
    this.count += 1;
    this.index += 1;
  }
}
