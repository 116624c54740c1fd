// The samples of one counter of a source in one aggregation, in order of event time whatever their tags: what is needed to
// tell what a further sample adds, and to which window and tags the step it splits belongs. Late ones may fall anywhere, so samples are kept while
// their windows are open, and of those before the last alone, about five bytes each for a regular counter.
import type { EpochMs } from './brands.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import { signedBytes, textBytes } from './text-bytes.ts';

export interface CounterTrail {
  /** By time, then order. */
  samples: CounterSample[];
  /** What it takes in the source's item, at most; see `trailBytes`. */
  bytes: number;
}

export interface CounterSample {
  readonly time: EpochMs;
  /** Place in the stream's order: of two samples of one time the lesser comes first. */
  readonly order: number;
  readonly value: number;
  /** Values of the aggregation's `groupBy` tags; empty where no open window holds the sample. */
  readonly tags: readonly (string | null)[];
  /** Between the one before, or the beginning, and this others were let go: what falls there adds nothing. */
  readonly afterGap: boolean;
}

/** More are not kept: of the older half the first and the last stay. */
export const MAX_COUNTER_SAMPLES = 1_024;

/** Between which samples a new one falls. */
export interface TrailPlace {
  readonly at: number;
  readonly before: CounterSample | undefined;
  readonly after: CounterSample | undefined;
}

export function emptyTrail(name: string): CounterTrail {
  return { samples: [], bytes: TRAIL_BYTES + textBytes(name) };
}

/** Where a sample of this time falls that is newer, in stream order, than all there are. */
export function placeIn({ samples }: CounterTrail, time: EpochMs): TrailPlace {
  let at = samples.length;
  for (let before = samples[at - 1]; before !== undefined && before.time > time; before = samples[at - 1])
    at -= 1;
  return { at, before: samples[at - 1], after: samples[at] };
}

/** `mayDrop`: whether a sample may be let go with the ones beside it, where there are too many. */
export function insertSample(
  trail: CounterTrail,
  sample: CounterSample,
  { at, before, after }: TrailPlace,
  mayDrop: (sample: CounterSample, next: CounterSample) => boolean,
): void {
  trail.samples.splice(at, 0, sample);
  trail.bytes += sampleBytes(before, sample);
  if (after !== undefined) trail.bytes += sampleBytes(sample, after) - sampleBytes(before, after);
  if (trail.samples.length > MAX_COUNTER_SAMPLES) thin(trail, mayDrop);
}

/** Replaces what is kept. */
export function setSamples(trail: CounterTrail, name: string, samples: CounterSample[]): void {
  trail.samples = samples;
  trail.bytes = trailBytes(name, samples);
}

export function trailBytes(name: string, samples: readonly CounterSample[]): number {
  let bytes = TRAIL_BYTES + textBytes(name);
  let before: CounterSample | undefined;
  for (const sample of samples) {
    bytes += sampleBytes(before, sample);
    before = sample;
  }
  return bytes;
}

/** What one more sample can add to a trail, or to one begun for it. */
export function mostTrailGrowth(name: string, trail: CounterTrail | undefined): number {
  return 2 * MOST_SAMPLE_BYTES + (trail === undefined ? TRAIL_BYTES + textBytes(name) : 0);
}

/** `tagIndex`: gives each combination of tags a number. */
export function writeTrail(
  writer: ByteWriter,
  { samples }: CounterTrail,
  tagIndex: (tags: CounterSample['tags']) => number,
): void {
  writer.varint(samples.length);
  let before = NOTHING;
  for (const sample of samples) {
    const whole = areWhole(before, sample);
    writer.varint(sample.time - before.time);
    writer.signed(sample.order - before.order - 1);
    writer.varint(tagIndex(sample.tags) * 4 + (sample.afterGap ? 2 : 0) + (whole ? 1 : 0));
    if (whole) writer.signed(sample.value - before.value);
    else writer.number(sample.value);
    before = sample;
  }
}

export function readTrail(
  reader: ByteReader,
  name: string,
  tagsAt: (index: number) => CounterSample['tags'],
): CounterTrail {
  const samples: CounterSample[] = [];
  const size = reader.varint();
  let before = NOTHING;
  for (let at = 0; at < size; at += 1) {
    const time = before.time + reader.varint();
    const order = before.order + 1 + reader.signed();
    const code = reader.varint();
    const value = code % 2 === 1 ? before.value + reader.signed() : reader.number();
    const tags = tagsAt(Math.floor(code / 4));
    before = { time, order, value, tags, afterGap: Math.floor(code / 2) % 2 === 1 };
    samples.push(before);
  }
  return { samples, bytes: trailBytes(name, samples) };
}

const NOTHING: CounterSample = { time: 0, order: 0, value: 0, tags: [], afterGap: false };

/** How many samples, and which name. */
const TRAIL_BYTES = 6;
/** Time, order, tags and value, each as long as it can be. */
const MOST_SAMPLE_BYTES = 30;
/** The difference of two is a safe integer. */
const MAX_WHOLE = 2 ** 51;
/** There are fewer groups in all windows than numbers in so many bytes. */
const TAG_INDEX_BYTES = 3;

function sampleBytes(before = NOTHING, sample: CounterSample): number {
  const value = areWhole(before, sample) ? signedBytes(sample.value - before.value) : 9;
  const [timeMs, orders] = [sample.time - before.time, sample.order - before.order - 1];
  return signedBytes(timeMs) + signedBytes(orders) + TAG_INDEX_BYTES + value;
}

function areWhole(a: CounterSample, b: CounterSample): boolean {
  return isWhole(a.value) && isWhole(b.value);
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && Math.abs(value) < MAX_WHOLE && !Object.is(value, -0);
}

/** Thins the older half: its first and last samples stay, and those that must not be dropped. */
function thin(trail: CounterTrail, mayDrop: (sample: CounterSample, next: CounterSample) => boolean): void {
  const half = MAX_COUNTER_SAMPLES / 2;
  const kept: CounterSample[] = [];
  let dropped = false;
  for (const [at, sample] of trail.samples.entries()) {
    const [before, next] = [trail.samples[at - 1], trail.samples[at + 1]];
    const isInside = at > 0 && at < half && before !== undefined && next !== undefined;
    if (isInside && mayDrop(before, sample) && mayDrop(sample, next)) dropped = true;
    else {
      kept.push(dropped ? { ...sample, afterGap: true } : sample);
      dropped = false;
    }
  }
  let bytes = trail.bytes;
  bytes -= sumOf(trail.samples) - sumOf(kept);
  trail.samples = kept;
  trail.bytes = bytes;
}

function sumOf(samples: readonly CounterSample[]): number {
  return trailBytes('', samples);
}
