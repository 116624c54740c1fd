// Metrics as bytes, exact to the last bit.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ExactSum } from './exact-sum.ts';
import type { Metric, Sample } from './metric.ts';
import { emptyMetric } from './metric.ts';

/** What follows the sum. */
const SAMPLES = 1;

/** The name is the caller's to write. */
export function writeMetric(writer: ByteWriter, metric: Metric): void {
  const { first, last } = metric;
  writer.varint(metric.count);
  writer.byte(first === undefined ? 0 : SAMPLES);
  if (metric.count === 0) return;
  writer.number(metric.min);
  writer.number(metric.max);
  writeSum(writer, metric);
  if (first !== undefined && last !== undefined) {
    writeSample(writer, first);
    writeSample(writer, last);
  }
}

export function readMetric(reader: ByteReader, name: string): Metric {
  const metric = emptyMetric(name);
  metric.count = reader.varint();
  const flags = reader.byte();
  if (metric.count === 0) return metric;
  metric.min = reader.number();
  metric.max = reader.number();
  readSum(reader, metric);
  if ((flags & SAMPLES) !== 0) {
    metric.samples = true;
    metric.first = readSample(reader);
    metric.last = readSample(reader);
  }
  return metric;
}

/** The number of smaller parts and whether there was an overflow, then those, the top, and the overflow. */
export function writeSum(writer: ByteWriter, { top, rest, overflow }: ExactSum): void {
  writer.varint((rest?.length ?? 0) * 2 + (overflow === 0 ? 0 : 1));
  if (rest !== undefined) for (const part of rest) writer.number(part);
  writer.number(top);
  if (overflow !== 0) writer.signed(overflow);
}

export function readSum(reader: ByteReader, into: ExactSum): void {
  const code = reader.varint();
  const rest = Array.from({ length: code >> 1 }, () => reader.number());
  into.rest = rest.length === 0 ? undefined : rest;
  into.top = reader.number();
  into.overflow = code % 2 === 0 ? 0 : reader.signed();
}

function writeSample(writer: ByteWriter, { time, order, value, source }: Sample): void {
  writer.varint(time);
  writer.varint(order);
  writer.number(value);
  writer.byte(source === undefined ? 0 : 1);
  if (source !== undefined) writer.text(source);
}

function readSample(reader: ByteReader): Sample {
  const sample = { time: reader.varint(), order: reader.varint(), value: reader.number() };
  return reader.byte() === 0 ? sample : { ...sample, source: reader.text() };
}
