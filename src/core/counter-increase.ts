// The increase of a counter over the samples of one window, resets counted as Prometheus does: in order of event time, a
// value less than the one before it is a reset, and counts whole. Samples may come in any order, so they are kept; in
// bytes a regular counter's takes about three.

import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { ExactSum } from './exact-sum.ts';
import { addToSum, copySum, emptySum, mergeSum } from './exact-sum.ts';
import { readSum, writeSum } from './sum-encoding.ts';
import { signedBytes } from './text-bytes.ts';

export interface CounterSample {
  readonly time: EpochMs;
  /** Place in the stream's order: of two samples of one time the lesser comes first. */
  readonly order: number;
  readonly value: number;
}

export interface CounterIncrease {
  /** The oldest samples, once there were too many to keep: their first and last, and what lies between. */
  run: CounterRun | undefined;
  /** By time, then order; all later than the run. */
  readonly samples: CounterSample[];
}

export interface CounterRun {
  first: CounterSample;
  readonly last: CounterSample;
  readonly increase: ExactSum;
}

/** More are not kept: the older half becomes a run. A sample that later falls inside a run adds nothing. */
export const MAX_COUNTER_SAMPLES = 1_024;

export function emptyIncrease(): CounterIncrease {
  return { run: undefined, samples: [] };
}

export function addSample(counter: CounterIncrease, sample: CounterSample): void {
  const { run, samples } = counter;
  if (run !== undefined && isBefore(sample, run.last)) {
    if (isBefore(sample, run.first)) {
      addStep(run.increase, sample.value, run.first.value);
      run.first = sample;
    }
    return;
  }
  let at = samples.length;
  for (
    let before = samples[at - 1];
    before !== undefined && isBefore(sample, before);
    before = samples[at - 1]
  ) {
    at -= 1;
  }
  samples.splice(at, 0, sample);
  if (samples.length > MAX_COUNTER_SAMPLES) shorten(counter);
}

/** As if the samples of the other had been added: for windows of one source that become one. */
export function mergeIncrease(into: CounterIncrease, other: CounterIncrease): void {
  const all = [...into.samples, ...other.samples].sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const run = mergeRuns(into.run, other.run, all);
  const kept = run === undefined ? all : all.filter((sample) => isBefore(run.last, sample));
  into.run = run;
  into.samples.splice(0, into.samples.length, ...kept);
  while (into.samples.length > MAX_COUNTER_SAMPLES) shorten(into);
}

export function copyIncrease({ run, samples }: CounterIncrease): CounterIncrease {
  return {
    run: run === undefined ? undefined : { ...run, increase: copySum(run.increase) },
    samples: [...samples],
  };
}

/** The whole increase, exactly: that of two times has a difference, and those of several sources a sum. */
export function totalIncrease({ run, samples }: CounterIncrease): ExactSum {
  const total = run === undefined ? emptySum() : copySum(run.increase);
  let before = run?.last;
  for (const sample of samples) {
    if (before !== undefined) addStep(total, before.value, sample.value);
    before = sample;
  }
  return total;
}

export function writeIncrease(writer: ByteWriter, { run, samples }: CounterIncrease): void {
  writer.varint(samples.length * 2 + (run === undefined ? 0 : 1));
  if (run !== undefined) {
    for (const { time, order, value } of [run.first, run.last]) {
      writer.varint(time);
      writer.varint(order);
      writer.number(value);
    }
    writeSum(writer, run.increase);
  }
  const whole = areWhole(samples);
  if (samples.length > 0) writer.byte(whole ? 1 : 0);
  let before: CounterSample = NOTHING;
  let stepMs = 0;
  for (const sample of samples) {
    // Regular ones: the step is that of before, the order one more, the value a little more.
    const nextMs = sample.time - before.time;
    writer.signed(nextMs - stepMs);
    writer.signed(sample.order - before.order - 1);
    if (whole) writer.signed(sample.value - before.value);
    else writer.number(sample.value);
    stepMs = before === NOTHING ? 0 : nextMs;
    before = sample;
  }
}

export function readIncrease(reader: ByteReader): CounterIncrease {
  const code = reader.varint();
  const counter = emptyIncrease();
  if (code % 2 === 1) {
    const [first, last] = [readSample(reader), readSample(reader)];
    const increase = emptySum();
    readSum(reader, increase);
    counter.run = { first, last, increase };
  }
  const size = Math.floor(code / 2);
  const whole = size > 0 && reader.byte() === 1;
  let before: CounterSample = NOTHING;
  let stepMs = 0;
  for (let at = 0; at < size; at += 1) {
    const nextMs: number = stepMs + reader.signed();
    const order: number = before.order + 1 + reader.signed();
    const value: number = whole ? before.value + reader.signed() : reader.number();
    stepMs = before === NOTHING ? 0 : nextMs;
    before = { time: before.time + nextMs, order, value };
    counter.samples.push(before);
  }
  return counter;
}

/** What it takes in an item, at most; nearly exact of whole numbers. */
export function increaseBytes({ run, samples }: CounterIncrease): number {
  let bytes = 4 + (run === undefined ? 0 : RUN_BYTES + 9 * (run.increase.rest?.length ?? 0));
  const whole = areWhole(samples);
  let before: CounterSample = NOTHING;
  let stepMs = 0;
  for (const sample of samples) {
    const nextMs = sample.time - before.time;
    bytes += signedBytes(nextMs - stepMs) + signedBytes(sample.order - before.order - 1);
    bytes += whole ? signedBytes(sample.value - before.value) : 9;
    stepMs = before === NOTHING ? 0 : nextMs;
    before = sample;
  }
  return bytes;
}

/** By how much one more sample enlarges it, at most: where it is not whole, the others are not written as such any more. */
export function mostIncreaseGrowth(counter: CounterIncrease | undefined): number {
  return 4 + RUN_BYTES + 40 + 9 * (counter?.samples.length ?? 0);
}

/** Two samples and a sum of one part, which may have overflowed. */
const RUN_BYTES = 70;

const NOTHING: CounterSample = { time: 0, order: 0, value: 0 };
/** The difference of two is a safe integer. */
const MAX_WHOLE = 2 ** 51;

function isBefore(a: CounterSample, b: CounterSample): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

function areWhole(samples: readonly CounterSample[]): boolean {
  return samples.every(({ value }) => Number.isSafeInteger(value) && Math.abs(value) < MAX_WHOLE);
}

function addStep(increase: ExactSum, from: number, to: number): void {
  addToSum(increase, to);
  if (to >= from) addToSum(increase, -from);
}

function shorten(counter: CounterIncrease): void {
  const older = counter.samples.splice(0, MAX_COUNTER_SAMPLES / 2);
  const last = older.at(-1);
  const first = counter.run?.first ?? older[0];
  if (first === undefined || last === undefined) return;
  counter.run = { first, last, increase: totalIncrease({ run: counter.run, samples: older }) };
}

/** One run of both, and of the samples before and between them; sessions that become one are apart in time. */
function mergeRuns(
  a: CounterRun | undefined,
  b: CounterRun | undefined,
  samples: readonly CounterSample[],
): CounterRun | undefined {
  if (a === undefined && b === undefined) return undefined;
  const [early, late] = [a, b]
    .filter((run) => run !== undefined)
    .sort((x, y) => (isBefore(x.first, y.first) ? -1 : 1));
  if (early === undefined) return undefined;
  const before = samples.filter((sample) => isBefore(sample, early.first));
  const increase = increaseAlong([...before, early.first]);
  mergeSum(increase, early.increase);
  const first = before[0] ?? early.first;
  if (late === undefined) return { first, last: early.last, increase };
  const between = samples.filter((sample) => isBefore(early.last, sample) && isBefore(sample, late.first));
  mergeSum(increase, increaseAlong([early.last, ...between, late.first]));
  mergeSum(increase, late.increase);
  return { first, last: late.last, increase };
}

function increaseAlong(samples: readonly CounterSample[]): ExactSum {
  return totalIncrease({ run: undefined, samples: [...samples] });
}

function readSample(reader: ByteReader): CounterSample {
  return { time: reader.varint(), order: reader.varint(), value: reader.number() };
}
