// Size, speed and error of the sketches against well-kept libraries for the same: what docs/sketches.md goes by.
// `npm run bench:sketches`
import { DDSketch } from '@datadog/sketches-js';
import { createRandom } from '../../producers/simulators/random.ts';
import { ByteWriter } from '../../src/core/byte-writer.ts';
import { addToSketch, emptySketch, mergeSketch, quantileOf, writeSketch } from '../../src/core/dd-sketch.ts';
import { addText, distinctCount, emptyHyperLogLog, writeHyperLogLog } from '../../src/core/hyper-log-log.ts';
import { addToTopK, emptyTopK, topEntries, writeTopK } from '../../src/core/top-k.ts';

interface Row {
  readonly what: string;
  readonly size: number;
  readonly bytes: number;
  readonly nsPerInsert: number;
  readonly worstError: number;
}

const random = createRandom('sketches');
const SIZES = [60, 1_000, 100_000];
const QUANTILES = [0.01, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999];
/** Each is built so often that the fastest build shows what it costs; the rest is the machine's. */
const ROUNDS = 5;

process.stdout.write(
  'sketch                               inputs    bytes   ns/insert  worst relative error\n',
);
for (const size of SIZES) print(quantileRows(size));
for (const size of SIZES) print(distinctRows(size));
print(topRows());
process.stdout.write(`\nmerging two sketches of 1,000 values: ${mergeMicroseconds().toFixed(2)} µs\n`);

function print(rows: readonly Row[]): void {
  for (const { what, size, bytes, nsPerInsert, worstError } of rows) {
    const cells = [
      what.padEnd(36),
      String(size).padStart(6),
      String(bytes).padStart(8),
      nsPerInsert.toFixed(0).padStart(10),
      `${(100 * worstError).toFixed(2)} %`.padStart(12),
    ];
    process.stdout.write(`${cells.join(' ')}\n`);
  }
}

function quantileRows(size: number): Row[] {
  const values = Array.from({ length: size }, () => Math.exp(gaussian()));
  const sorted = values.toSorted((a, b) => a - b);
  const worst = (quantile: (q: number) => number) =>
    Math.max(
      ...QUANTILES.map((q) => {
        const exact = sorted[Math.floor(q * (size - 1))] ?? Number.NaN;
        return Math.abs(quantile(q) - exact) / exact;
      }),
    );
  const own = () => {
    const sketch = emptySketch(0.01);
    for (const value of values) addToSketch(sketch, value);
    return sketch;
  };
  const datadog = () => {
    const sketch = new DDSketch({ relativeAccuracy: 0.01 });
    for (const value of values) sketch.accept(value);
    return sketch;
  };
  const [ownSketch, datadogSketch] = [own(), datadog()];
  return [
    {
      what: 'quantiles: own DDSketch, 1 %',
      size,
      bytes: bytesOf((writer) => writeSketch(writer, ownSketch)),
      nsPerInsert: nanoseconds(own, size),
      worstError: worst((q) => quantileOf(ownSketch, q) ?? Number.NaN),
    },
    {
      what: 'quantiles: @datadog/sketches-js, 1 %',
      size,
      bytes: datadogSketch.toProto().length,
      nsPerInsert: nanoseconds(datadog, size),
      worstError: worst((q) => datadogSketch.getValueAtQuantile(q)),
    },
  ];
}

function distinctRows(size: number): Row[] {
  const texts = Array.from({ length: size }, (_, at) => `player-${at}`);
  const own = () => {
    const sketch = emptyHyperLogLog();
    for (const text of texts) addText(sketch, text);
    return sketch;
  };
  const ownSketch = own();
  return [
    {
      what: 'distinct: own HyperLogLog',
      size,
      bytes: bytesOf((writer) => writeHyperLogLog(writer, ownSketch)),
      nsPerInsert: nanoseconds(own, size),
      worstError: Math.abs(distinctCount(ownSketch) - size) / size,
    },
  ];
}

/** Zipf-like: the most frequent text comes twice as often as the second. */
function topRows(): Row[] {
  const size = 100_000;
  const texts = Array.from({ length: size }, () => `map-${Math.floor(1 / (random.between(0, 1) + 1e-5))}`);
  const exact = new Map([...Map.groupBy(texts, (text) => text)].map(([text, all]) => [text, all.length]));
  const worst = (entries: readonly (readonly [string, number])[]) =>
    Math.max(
      ...entries.map(([text, count]) => Math.abs(count - (exact.get(text) ?? 0)) / (exact.get(text) ?? 1)),
    );
  const own = () => {
    const top = emptyTopK(10);
    for (const text of texts) addToTopK(top, text);
    return top;
  };
  const ownTop = own();
  return [
    {
      what: 'top 10: own Misra-Gries',
      size,
      bytes: bytesOf((writer) => writeTopK(writer, ownTop)),
      nsPerInsert: nanoseconds(own, size),
      worstError: worst(topEntries(ownTop)),
    },
  ];
}

function mergeMicroseconds(): number {
  const part = () => {
    const sketch = emptySketch(0.01);
    for (let at = 0; at < 1_000; at += 1) addToSketch(sketch, Math.exp(gaussian()));
    return sketch;
  };
  const other = part();
  const many = Array.from({ length: 1_000 }, part);
  return (
    nanoseconds(() => {
      for (const each of many) mergeSketch(each, other);
    }, many.length) / 1_000
  );
}

function gaussian(): number {
  return Math.sqrt(-2 * Math.log(random.between(1e-12, 1))) * Math.cos(2 * Math.PI * random.between(0, 1));
}

function bytesOf(write: (writer: ByteWriter) => void): number {
  const writer = new ByteWriter();
  write(writer);
  return writer.finish().length;
}

/** CPU of the fastest round, an insert. */
function nanoseconds(build: () => unknown, inserts: number): number {
  const repeats = Math.max(1, Math.floor(20_000 / inserts));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    for (let at = 0; at < repeats; at += 1) build();
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (1_000 * (user + system)) / (repeats * inserts));
  }
  return best;
}
