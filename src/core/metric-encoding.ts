// Metrics as bytes, exact to the last bit.
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { type CounterSampleV2, readIncreaseV2 } from './counter-increase-v2.ts';
import { readSketch, readSketchV2, writeSketch } from './dd-sketch.ts';
import type { ExactSum } from './exact-sum.ts';
import { emptySum } from './exact-sum.ts';
import type { Metric, Sample } from './metric.ts';
import { emptyMetric } from './metric.ts';
import type { Squares } from './squares.ts';
import { emptySquares } from './squares.ts';
import { readSum, writeSum } from './sum-encoding.ts';

/** What follows the sum, bit by bit. */
const SAMPLES = 1;
const SQUARES = 2;
/** Only in version 2. */
const QUANTILES_V2 = 4;
/** Only in version 2. */
const INCREASE_V2 = 8;
const INCREASED = 16;
const QUANTILES = 32;

/** The name is the caller's to write. */
export function writeMetric(writer: ByteWriter, metric: Metric): void {
  const { first, last, squares, quantiles, increased } = metric;
  writer.varint(metric.count);
  if (metric.count === 0) return;
  writer.byte(
    (first === undefined ? 0 : SAMPLES) |
      (squares === undefined ? 0 : SQUARES) |
      (quantiles === undefined ? 0 : QUANTILES) |
      (increased === undefined ? 0 : INCREASED),
  );
  writer.number(metric.min);
  writer.number(metric.max);
  writeSum(writer, metric);
  if (first !== undefined && last !== undefined) {
    writeSample(writer, first);
    writeSample(writer, last);
  }
  if (squares !== undefined) writeSquares(writer, squares);
  if (quantiles !== undefined) writeSketch(writer, quantiles);
  if (increased !== undefined) writeSum(writer, increased);
}

/** `onCounter` is called with the latest sample of a counter that was stored in version 2. */
export function readMetric(
  reader: ByteReader,
  name: string,
  onCounter?: (name: string, sample: CounterSampleV2) => void,
): Metric {
  const metric = emptyMetric(name);
  metric.count = reader.varint();
  if (metric.count === 0) return metric;
  const kept = reader.byte();
  metric.min = reader.number();
  metric.max = reader.number();
  readSum(reader, metric);
  if ((kept & SAMPLES) !== 0) {
    metric.samples = true;
    metric.first = readSample(reader);
    metric.last = readSample(reader);
  }
  if ((kept & SQUARES) !== 0) metric.squares = readSquares(reader);
  if ((kept & QUANTILES_V2) !== 0) metric.quantiles = readSketchV2(reader);
  if ((kept & QUANTILES) !== 0) metric.quantiles = readSketch(reader);
  if ((kept & INCREASE_V2) !== 0) {
    const { increase, last } = readIncreaseV2(reader);
    metric.increased = increase;
    if (last !== undefined) onCounter?.(name, last);
  }
  if ((kept & INCREASED) !== 0) {
    metric.increased = emptySum();
    readSum(reader, metric.increased);
  }
  return metric;
}

function writeSquares(writer: ByteWriter, { middle, large, small }: Squares): void {
  writer.byte((large === undefined ? 0 : 1) | (small === undefined ? 0 : 2));
  for (const sum of [middle, large, small]) if (sum !== undefined) writeSum(writer, sum);
}

function readSquares(reader: ByteReader): Squares {
  const parts = reader.byte();
  const squares = emptySquares();
  readSum(reader, squares.middle);
  if ((parts & 1) !== 0) squares.large = readNewSum(reader);
  if ((parts & 2) !== 0) squares.small = readNewSum(reader);
  return squares;
}

function readNewSum(reader: ByteReader): ExactSum {
  const sum = emptySum();
  readSum(reader, sum);
  return sum;
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
