// STUB until sketches are here

import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { TelemetryEvent } from './event.ts';
import type { Aggregation } from './pipeline.ts';
export interface FieldCounts {
  x: number;
}
export interface FieldSummary {
  readonly distinct: ReadonlyMap<string, number>;
  readonly topK: ReadonlyMap<string, readonly (readonly [string, number])[]>;
}
export function emptyFields(_: Aggregation): FieldCounts | undefined {
  return undefined;
}
export function addToFields(_: FieldCounts, __: TelemetryEvent): void {}
export function copyFields(f: FieldCounts): FieldCounts {
  return f;
}
export function mergeFields(_: FieldCounts, __: FieldCounts): void {}
export function fieldsDifference(
  _: FieldCounts | undefined,
  b: FieldCounts | undefined,
): FieldCounts | undefined {
  return b;
}
export function fieldsBytes(_: FieldCounts): number {
  return 0;
}
export function writeFields(_: ByteWriter, __: FieldCounts): void {}
export function readFields(_: ByteReader): FieldCounts {
  return { x: 0 };
}
export function summarizeFields(_: FieldCounts | undefined): FieldSummary {
  return { distinct: new Map(), topK: new Map() };
}
