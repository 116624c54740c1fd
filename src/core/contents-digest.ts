// A short digest of what a source's window holds for a series of a rollup. With it, a part of the rollup knows whether a change
// follows what it holds. It is made from the contents, not from their bytes, so it is the same whatever release has stored them.
import { roundSum } from './exact-sum.ts';
import type { Metric } from './metric.ts';
import { mixBits, mixBlock } from './murmur-hash.ts';
import type { GroupContents } from './source-window.ts';
import type { StateTime } from './state-time.ts';

/** The digest if there is nothing at all. */
export const DIGEST_OF_NOTHING = 0;
/** Three bytes of a mark; two different contents have the same digest with odds of 1 in two million. */
const DIGESTS = 2 ** 21;

/** Independent of the order of the groups. From 1 to 2^21 - 1 if there are any. */
export function digestOf(groups: readonly GroupContents[]): number {
  if (groups.length === 0) return DIGEST_OF_NOTHING;
  let sum = 0;
  for (const group of groups) sum = (sum + digestOfGroup(group)) | 0;
  return ((mixBits(sum) >>> 0) % (DIGESTS - 1)) + 1;
}

function digestOfGroup({ events, moved, metrics, fields, states = [], weights = [] }: GroupContents): number {
  let hash = mix(mix(SEED, events), moved);
  // A metric that only reserves room is ignored.
  for (const metric of metrics) hash = digestOfMetric(hash, metric);
  for (const state of states) hash = digestOfState(hash, state);
  for (const { ms, sum } of weights) hash = mix(mix(hash, ms), roundSum(sum));
  for (const { field, sketch } of fields?.topK ?? [])
    hash = mix(mix(hash, field.text.length), sketch.counts.size);
  return mixBits(hash) >>> 0;
}

function digestOfMetric(hash: number, metric: Metric): number {
  const { count, min, max, first, last } = metric;
  let mixed = mix(mix(mix(mix(hash, count), min), max), roundSum(metric));
  if (first !== undefined) mixed = mix(mix(mix(mixed, first.time), first.order), first.value);
  if (last !== undefined) mixed = mix(mix(mix(mixed, last.time), last.order), last.value);
  return metric.increased === undefined ? mixed : mix(mixed, roundSum(metric.increased));
}

function digestOfState(hash: number, { changes, last, ms }: StateTime): number {
  let mixed = mix(mix(mix(hash, changes), last?.time ?? 0), last?.order ?? 0);
  for (const each of ms.values()) mixed = mix(mixed, each);
  return mixed;
}

const SEED = 0x9747b28c;
const NUMBER = new DataView(new ArrayBuffer(8));

function mix(hash: number, value: number): number {
  NUMBER.setFloat64(0, value);
  return mixBlock(mixBlock(hash, NUMBER.getInt32(0)), NUMBER.getInt32(4));
}
