// Checkpoints as they stand in a file, checked when they come back.
import type { ShardId } from './brands.ts';
import type { LanesAhead, OpenWindow, RecordMark, ShardCheckpoint, ShardPosition } from './ports.ts';
import { sequenceNumber, shardId } from './stream-ids.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Throws, naming the file, on anything that is not a map of checkpoints: starting over would deliver everything again. */
export function parseCheckpoints(text: string, file: string): ReadonlyMap<ShardId, ShardCheckpoint> {
  try {
    const parsed: unknown = JSON.parse(text);
    return new Map(
      Object.entries(objectOf(parsed)).map(([shard, value]) => [
        shardId(shard),
        checkpointOf(objectOf(value)),
      ]),
    );
  } catch (cause) {
    const help =
      'expected checkpoints by shard; remove the file to read the stream from its starting position';
    throw new Error(`unreadable checkpoints in ${file}: ${help}`, { cause });
  }
}

function checkpointOf(value: Fields): ShardCheckpoint {
  const { sequence, start, drained, lanes, window, windowsClosedMs } = value;
  if (typeof drained !== 'boolean')
    throw new Error(`found drained ${String(drained)}, expected true or false`);
  return {
    sequence: sequence === undefined ? undefined : sequenceNumber(String(sequence)),
    start: positionOf(objectOf(start)),
    drained,
    ...(lanes === undefined ? {} : { lanes: lanesOf(objectOf(lanes)) }),
    ...(window === undefined ? {} : { window: windowOf(objectOf(window)) }),
    ...(windowsClosedMs === undefined ? {} : { windowsClosedMs: numberOf(windowsClosedMs) }),
  };
}

function lanesOf({ factor, through }: Fields): LanesAhead {
  const entries = Object.entries(objectOf(through));
  return {
    factor: numberOf(factor),
    through: Object.fromEntries(entries.map(([lane, sequence]) => [lane, sequenceNumber(String(sequence))])),
  };
}

function windowOf({ startMs, endMs, state, first, last, early }: Fields): OpenWindow {
  return {
    startMs: numberOf(startMs),
    endMs: numberOf(endMs),
    state: objectOf(state),
    first: markOf(objectOf(first)),
    last: markOf(objectOf(last)),
    early: early === true,
  };
}

function markOf({ sequence, arrivalMs }: Fields): RecordMark {
  return { sequence: sequenceNumber(String(sequence)), arrivalMs: numberOf(arrivalMs) };
}

function positionOf({ at, timestampMs, sequence }: Fields): ShardPosition {
  if (at === 'trim-horizon' || at === 'latest') return { at };
  if (at === 'timestamp' && typeof timestampMs === 'number') return { at, timestampMs };
  if (at === 'after') return { at, sequence: sequenceNumber(String(sequence)) };
  throw new Error(`found position ${String(at)}`);
}

function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  throw new Error(`found ${JSON.stringify(value)}, expected a number`);
}

function objectOf(value: unknown): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`found ${JSON.stringify(value)}, expected an object`);
}
