// A simulation written down as a recording, and what a consumer with long patience must make of it.

import { writeRecording } from '../../producers/simulators/recording.ts';
import type { SimulatedArrival, Simulation } from '../../producers/simulators/simulation.ts';
import { parsePipeline } from '../../src/core/pipeline/parse-pipeline.ts';
import type { Pipeline } from '../../src/core/pipeline/pipeline.ts';
import { brokenRules } from './broken-rules.ts';
import { SHARD, type StreamEntry, sequenceOf } from './event-streams.ts';
import { type ReferenceOutcome, referenceOutcome } from './reference-system.ts';

/** Writes the recording and says what must become of it. The simulation must end. */
export async function recordSimulation(
  file: string,
  { arrivals, summary }: Simulation,
  definition: object,
): Promise<ReferenceOutcome & { readonly summary: ReturnType<Simulation['summary']> }> {
  const pipeline = parsePipeline(definition);
  const recorded = [...arrivals];
  await writeRecording(file, recorded);
  const [good, bad] = [recorded.filter(isGood(pipeline)), recorded.filter((each) => !isGood(pipeline)(each))];
  const telemetry = {
    deliveries: [],
    entries: good.map(entryOf),
    quarantined: bad.map((_, at) => ({ shard: SHARD, sequence: sequenceOf(at), index: 1 })),
  };
  return { ...referenceOutcome(telemetry, pipeline), summary: summary() };
}

/** Simulations play in our time: what is older than this comes from a clock that was never set. */
const YEAR_1990_MS = Date.UTC(1990, 0, 1);

function isGood({ maxClockSkewMs }: Pipeline): (arrival: SimulatedArrival) => boolean {
  return ({ atMs, event }) =>
    brokenRules(event).length === 0 &&
    Number(event['time']) <= atMs + maxClockSkewMs &&
    Number(event['time']) >= YEAR_1990_MS;
}

/** Its place is not the one it gets in the real stream, its order within its source is. */
function entryOf({ atMs, event }: SimulatedArrival, at: number): StreamEntry {
  const { id, time, type, values, tags } = event;
  return {
    event: {
      source: event.source,
      id: id === undefined ? undefined : String(id),
      time: Number(time),
      type: String(type ?? 'reading'),
      values: entriesOf(values, Number),
      tags: entriesOf(tags, String),
    },
    at: { shard: SHARD, sequence: sequenceOf(at), index: 0 },
    arrivalMs: atMs,
  };
}

function entriesOf<T>(found: unknown, convert: (value: unknown) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(found ?? {}).map(([name, value]) => [name, convert(value)]));
}
