// What the handlers that others' libraries run add up: count and sum of each value by source and minute. It is plain code,
// as their documentation suggests it: nothing is deduplicated or kept in order, and a batch delivered twice counts twice.

/** An event as such a handler takes it: on trust, or as its parser has checked it. */
export interface PlainEvent {
  readonly source: string;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface WindowSum {
  readonly source: string;
  readonly windowStartMs: number;
  readonly metrics: ReadonlyMap<string, { readonly count: number; readonly sum: number }>;
}

const WINDOW_MS = 60_000;

export function parseEvent(base64: string): PlainEvent {
  return JSON.parse(Buffer.from(base64, 'base64').toString());
}

export function windowStartMs({ time }: PlainEvent): number {
  return time - (time % WINDOW_MS);
}

interface OpenSum extends WindowSum {
  readonly metrics: Map<string, { count: number; sum: number }>;
}

export class WindowSums {
  #windows = new Map<string, OpenSum>();

  add(event: PlainEvent): void {
    const start = windowStartMs(event);
    const key = `${event.source}|${start}`;
    let window = this.#windows.get(key);
    if (window === undefined) {
      window = { source: event.source, windowStartMs: start, metrics: new Map() };
      this.#windows.set(key, window);
    }
    for (const [name, value] of Object.entries(event.values)) {
      const metric = window.metrics.get(name);
      if (metric === undefined) window.metrics.set(name, { count: 1, sum: value });
      else {
        metric.count += 1;
        metric.sum += value;
      }
    }
  }

  /** The windows added to since they were last taken. */
  take(): WindowSum[] {
    const windows = [...this.#windows.values()];
    this.#windows = new Map();
    return windows;
  }
}
