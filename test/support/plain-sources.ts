// The semantics in their plainest form, for long streams: sources of one tumbling aggregation whose events never lead their arrival.
// Every value is kept; aggregates are taken from them by definition when all is over.

export interface PlainEvent {
  readonly source: string;
  readonly id: number;
  readonly time: number;
  readonly arrivedAt: number;
  readonly values: Readonly<Record<string, number>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface PlainWindow {
  readonly source: string;
  readonly startMs: number;
  readonly events: number;
  readonly metrics: Readonly<Record<string, Readonly<Record<string, Expected>>>>;
  readonly users: ReadonlySet<string>;
}

interface Expected {
  readonly value: number;
  readonly within: number;
}

export const RULES = { windowMs: 60_000, latenessMs: 120_000, horizonMs: 300_000 };

interface Source {
  maxTime: number;
  /** Events that were applied, in stream order. */
  readonly applied: PlainEvent[];
  readonly timeOfId: Map<number, number>;
}

export class PlainSources {
  readonly ledger = { received: 0, applied: 0, duplicate: 0, late: 0 };
  readonly #sources = new Map<string, Source>();

  take(event: PlainEvent): void {
    const source: Source = this.#sources.get(event.source) ?? {
      maxTime: 0,
      applied: [],
      timeOfId: new Map(),
    };
    this.#sources.set(event.source, source);
    const verdict = verdictOf(source, event);
    this.ledger.received += 1;
    this.ledger[verdict] += 1;
    source.maxTime = Math.max(source.maxTime, event.time);
    if (verdict !== 'applied') return;
    source.applied.push(event);
    source.timeOfId.set(event.id, event.time);
  }

  /** By source, then start. */
  windows(): readonly PlainWindow[] {
    return [...this.#sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, { applied }]) => windowsOf(name, applied));
  }
}

/** Repeats have the time of what they repeat: whether it is remembered or its window is open, they are duplicates. */
function verdictOf(
  { maxTime, timeOfId }: Source,
  { id, time }: PlainEvent,
): 'applied' | 'duplicate' | 'late' {
  const isOpen = startOf(time) + RULES.windowMs + RULES.latenessMs > maxTime;
  const isKnown = timeOfId.get(id) === time;
  if (isKnown && (isOpen || time >= maxTime - RULES.horizonMs)) return 'duplicate';
  return isOpen ? 'applied' : 'late';
}

const startOf = (time: number) => Math.floor(time / RULES.windowMs) * RULES.windowMs;

function windowsOf(source: string, applied: readonly PlainEvent[]): readonly PlainWindow[] {
  // A stable sort: events of one time stay in stream order.
  const inTime = applied.toSorted((a, b) => a.time - b.time);
  const increases = new Map<PlainEvent, number>();
  for (const [at, event] of inTime.entries()) {
    const from = inTime[at - 1]?.values['counter'];
    const to = event.values['counter'] ?? 0;
    increases.set(event, from === undefined ? 0 : to < from ? to : to - from);
  }
  return [...Map.groupBy(inTime, ({ time }) => startOf(time))].map(([startMs, events]) => ({
    source,
    startMs,
    events: events.length,
    users: new Set(events.map(({ tags }) => tags['user'] ?? '')),
    metrics: {
      v: aggregatesOf(events.map(({ values }) => values['v'] ?? Number.NaN)),
      counter: { increase: exactly(events.reduce((sum, event) => sum + (increases.get(event) ?? 0), 0)) },
    },
  }));
}

/** `values`: by event time. */
function aggregatesOf(values: readonly number[]): Readonly<Record<string, Expected>> {
  const count = values.length;
  const sorted = values.toSorted((a, b) => a - b);
  const at = (q: number) => sorted[Math.floor(q * (count - 1))] ?? Number.NaN;
  const sum = sumOf(values);
  const mean = sum / count;
  const variance = sumOf(values.map((value) => (value - mean) ** 2)) / count;
  const about = (value: number, share = 1e-9) => ({ value, within: Math.abs(value) * share });
  const quantiles = [0.5, 0.9, 0.95, 0.99].map((q): [string, Expected] => [
    `p${q * 100}`,
    about(at(q), 0.0101),
  ]);
  return {
    // Where values cancel out, the sum of plain doubles is off by a share of what was added.
    sum: { value: sum, within: 1e-9 * sumOf(values.map(Math.abs)) },
    mean: { value: mean, within: (1e-9 * sumOf(values.map(Math.abs))) / count },
    min: exactly(at(0)),
    max: exactly(at(1)),
    first: exactly(values[0] ?? Number.NaN),
    last: exactly(values.at(-1) ?? Number.NaN),
    variance: about(variance),
    stddev: about(Math.sqrt(variance)),
    count: exactly(count),
    ...Object.fromEntries(quantiles),
  };
}

const exactly = (value: number): Expected => ({ value, within: 0 });

/** The small ones first, with what rounding loses carried along. */
function sumOf(values: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const value of values.toSorted((a, b) => Math.abs(a) - Math.abs(b))) {
    const next = value - lost;
    const total = sum + next;
    lost = total - sum - next;
    sum = total;
  }
  return sum;
}
