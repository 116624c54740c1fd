// Counts of texts in fields of a window's events: how many distinct ones, and the most frequent.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { TelemetryEvent } from './event.ts';
import type { EventField } from './event-field.ts';
import { fieldOf, parseEventField } from './event-field.ts';
import type { HyperLogLog } from './hyper-log-log.ts';
import {
  addText,
  distinctCount,
  emptyHyperLogLog,
  hyperLogLogBytes,
  mergeHyperLogLog,
  readHyperLogLog,
  writeHyperLogLog,
} from './hyper-log-log.ts';
import type { Aggregation } from './pipeline/pipeline.ts';
import { textBytes } from './text-bytes.ts';
import type { TopK } from './top-k.ts';
import {
  addToTopK,
  copyTopK,
  emptyTopK,
  mergeTopK,
  readTopK,
  topEntries,
  topKBytes,
  topKDifference,
  writeTopK,
} from './top-k.ts';

export interface FieldCounts {
  readonly distinct: readonly { readonly field: EventField; readonly sketch: HyperLogLog }[];
  readonly topK: readonly { readonly field: EventField; readonly sketch: TopK }[];
}

/** What users see of the counts, by the field as the pipeline names it. */
export interface FieldSummary {
  readonly distinct: ReadonlyMap<string, number>;
  /** The most frequent first. */
  readonly topK: ReadonlyMap<string, readonly (readonly [text: string, count: number])[]>;
  /** How much too low a count of `topK` may be, listed or not; none is too high. 0 while all are exact. */
  readonly topKMissed: ReadonlyMap<string, number>;
}

/** undefined if the aggregation does not ask for it. */
export function emptyFields({ distinct, topK }: Aggregation): FieldCounts | undefined {
  if (distinct.length === 0 && topK.length === 0) return undefined;
  return {
    distinct: distinct.map((field) => ({ field, sketch: emptyHyperLogLog() })),
    topK: topK.map(({ of, k }) => ({ field: of, sketch: emptyTopK(k) })),
  };
}

export function addToFields({ distinct, topK }: FieldCounts, event: TelemetryEvent): void {
  for (const { field, sketch } of distinct) {
    const text = fieldOf(event, field);
    if (text !== undefined) addText(sketch, text);
  }
  for (const { field, sketch } of topK) {
    const text = fieldOf(event, field);
    if (text !== undefined) addToTopK(sketch, text);
  }
}

export function copyFields({ distinct, topK }: FieldCounts): FieldCounts {
  return {
    distinct: distinct.map(({ field, sketch }) => ({ field, sketch: new Map(sketch) })),
    topK: topK.map(({ field, sketch }) => ({ field, sketch: copyTopK(sketch) })),
  };
}

/** The fields that both count, merged; a field that only one of them counts is unknown for both. */
export function mergedFields(a: FieldCounts, b: FieldCounts): FieldCounts {
  const merged = copyFields({
    distinct: a.distinct.filter(({ field }) => find(b.distinct, field) !== undefined),
    topK: a.topK.filter(({ field }) => find(b.topK, field) !== undefined),
  });
  for (const { field, sketch } of merged.distinct)
    mergeHyperLogLog(sketch, find(b.distinct, field) ?? sketch);
  for (const { field, sketch } of merged.topK) mergeTopK(sketch, find(b.topK, field) ?? emptyTopK(sketch.k));
  return merged;
}

/** What must be merged into something that holds `before` so that it holds `after`. Distinct counts merge as they are. */
export function fieldsDifference(
  before: FieldCounts | undefined,
  after: FieldCounts | undefined,
): FieldCounts | undefined {
  if (before === undefined || after === undefined) return after;
  return {
    distinct: after.distinct,
    topK: after.topK.map(({ field, sketch }) => {
      const old = find(before.topK, field);
      return { field, sketch: old === undefined ? sketch : topKDifference(old, sketch) };
    }),
  };
}

/** What they take in an item, at most; see `windowBytes`. */
export function fieldsBytes({ distinct, topK }: FieldCounts): number {
  let bytes = 2;
  for (const { field, sketch } of distinct) bytes += textBytes(field.text) + hyperLogLogBytes(sketch);
  for (const { field, sketch } of topK) bytes += textBytes(field.text) + topKBytes(sketch);
  return bytes;
}

export function writeFields(writer: ByteWriter, { distinct, topK }: FieldCounts): void {
  writer.varint(distinct.length);
  for (const { field, sketch } of distinct) {
    writer.text(field.text);
    writeHyperLogLog(writer, sketch);
  }
  writer.varint(topK.length);
  for (const { field, sketch } of topK) {
    writer.text(field.text);
    writeTopK(writer, sketch);
  }
}

export function readFields(reader: ByteReader): FieldCounts {
  const distinct = Array.from({ length: reader.varint() }, () => ({
    field: readField(reader),
    sketch: readHyperLogLog(reader),
  }));
  const topK = Array.from({ length: reader.varint() }, () => ({
    field: readField(reader),
    sketch: readTopK(reader),
  }));
  return { distinct, topK };
}

export function summarizeFields(fields: FieldCounts | undefined): FieldSummary {
  return {
    distinct: new Map(
      (fields?.distinct ?? []).map(({ field, sketch }) => [field.text, distinctCount(sketch)]),
    ),
    topK: new Map((fields?.topK ?? []).map(({ field, sketch }) => [field.text, topEntries(sketch)])),
    topKMissed: new Map((fields?.topK ?? []).map(({ field, sketch }) => [field.text, sketch.missed])),
  };
}

function readField(reader: ByteReader): EventField {
  const text = reader.text();
  const field = parseEventField(text);
  if (field === undefined)
    throw new Error(`counts of a field: found ${JSON.stringify(text)}, which names none`);
  return field;
}

function find<T>(
  counts: readonly { readonly field: EventField; readonly sketch: T }[],
  { text }: EventField,
): T | undefined {
  return counts.find(({ field }) => field.text === text)?.sketch;
}
