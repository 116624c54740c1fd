// Tumbling windows (rules 29 to 34): which one a record belongs to, what the function is told of it, what its answer makes of it.
import { Buffer } from 'node:buffer';
import type { BatchRecord } from './batcher.ts';
import type { EpochMs, ShardId } from './brands.ts';
import type { OpenWindow, WindowFields, WindowState } from './ports.ts';

/** Rule 31. A larger state ends its window early. */
const MAX_STATE_BYTES = 1024 * 1024;

/** What an event may be short of for its window: a state within its limit, and the fields around it. */
export const WINDOW_RESERVE_BYTES = MAX_STATE_BYTES + 2_048;

/**
 * Gives each record its window. Windows lie by arrival time, aligned to the epoch, and never go back: arrival times may
 * (rule 9), and a record behind a window that is closed belongs to the one that is open.
 */
export class WindowAssigner {
  readonly #sizeMs: number;
  #floorMs: EpochMs;

  constructor(sizeMs: number, floorMs: EpochMs = 0) {
    this.#sizeMs = sizeMs;
    this.#floorMs = floorMs;
  }

  /** The start of the window that a record read next belongs to. */
  startOf(arrivalMs: EpochMs): EpochMs {
    const ownMs = Math.floor(arrivalMs / this.#sizeMs) * this.#sizeMs;
    this.#floorMs = Math.max(this.#floorMs, ownMs);
    return this.#floorMs;
  }

  /** A window ended by the clock: what is read later belongs to later ones. */
  close(endMs: EpochMs): void {
    this.#floorMs = Math.max(this.#floorMs, endMs);
  }
}

export interface InvokedWindow {
  readonly startMs: EpochMs;
  readonly endMs: EpochMs;
  readonly state: WindowState;
}

export interface WindowPlace {
  readonly shard: ShardId;
  readonly arn: string;
}

export function fieldsOf(
  { startMs, endMs, state }: InvokedWindow,
  { shard, arn }: WindowPlace,
  { final, early }: { readonly final: boolean; readonly early: boolean },
): WindowFields {
  return {
    window: { start: wholeSeconds(startMs), end: wholeSeconds(endMs) },
    state,
    shardId: shard,
    eventSourceARN: arn,
    isFinalInvokeForWindow: final,
    isWindowTerminatedEarly: early,
  };
}

/** The window after these records were handled in it and the function returned this state. */
export function afterHandling(
  window: InvokedWindow | OpenWindow,
  records: readonly BatchRecord[],
  state: WindowState,
): OpenWindow | undefined {
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const mark = ({ sequence, arrivalMs }: BatchRecord) => ({ sequence, arrivalMs });
  return {
    startMs: window.startMs,
    endMs: window.endMs,
    state,
    first: 'first' in window ? window.first : mark(first),
    last: mark(last),
    early: Buffer.byteLength(JSON.stringify(state)) > MAX_STATE_BYTES,
  };
}

function wholeSeconds(ms: EpochMs): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
